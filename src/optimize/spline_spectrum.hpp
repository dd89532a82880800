#pragma once

#include "fleetsne/optimize/spline.hpp"

#include <cmath>
#include <numbers>
#include <vector>

namespace fleetsne::optimize {

/// For each frequency 0 .. count - 1 of a transform, 1 over the square of the spectrum of the sampled spline:
/// charges were smeared by one and potentials are read through another.
template <int Order>
std::vector<double> inverse_spline_spectrum(int period, int count) {
  constexpr auto samples = spline_table<Order, double>.samples();
  std::vector<double> result(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < result.size(); ++k) {
    double b = samples[0];
    for (std::size_t n = 1; n < samples.size(); ++n) {
      b += 2 * samples[n] * std::cos(2 * std::numbers::pi * static_cast<double>(n * k) / period);
    }
    result[k] = 1 / (b * b);
  }
  return result;
}
/// The same for all frequencies 0 .. period / 2.
template <int Order>
std::vector<double> inverse_spline_spectrum(int period) {
  return inverse_spline_spectrum<Order>(period, period / 2 + 1);
}

}  // namespace fleetsne::optimize
