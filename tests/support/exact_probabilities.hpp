#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace fleetsne::test {

/// The conditional probabilities of a row by plain bisection in float64, one neighbour at a time, nothing
/// rounded.
/// @param squared  distances to its neighbours, ascending
inline std::vector<double> exact_probabilities(std::span<const float> squared, double perplexity) {
  std::vector<double> p(squared.size());
  double low = 0, high = 0, beta = 1 / (static_cast<double>(squared.back()) + 1e-300);
  for (int step = 0; step < 300; ++step) {
    double mass = 0, entropy = 0;
    for (std::size_t j = 0; j < p.size(); ++j) {
      p[j] = std::exp(-beta * (static_cast<double>(squared[j]) - static_cast<double>(squared[0])));
      mass += p[j];
    }
    for (double& value : p) {
      value /= mass;
      if (value > 0) entropy -= value * std::log(value);
    }
    (entropy > std::log(perplexity) ? low : high) = beta;
    beta = high == 0 ? 2 * beta : (low + high) / 2;
    if (beta == low || beta == high) break;  // no number lies between them
  }
  return p;
}

}  // namespace fleetsne::test
