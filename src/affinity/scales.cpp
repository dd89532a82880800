#include "fleetsne/affinity/scales.hpp"

#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/base/contracts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::affinity {
namespace {

/// values = weights, scaled to sum 1; none becomes so small that the edge would be lost.
void normalise(std::span<const double> weights, std::span<float> values) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  for (std::size_t j = 0; j < values.size(); ++j)
    values[j] = std::max(static_cast<float>(weights[j] / sum), smallest_share);
}

}  // namespace

void average_of_scales(std::span<float> values, std::span<const double> perplexities) {
  FLEETSNE_EXPECT(!perplexities.empty());
  thread_local std::vector<float> scale;
  thread_local std::vector<double> sum;
  sum.assign(values.size(), 0);
  for (const double perplexity : perplexities) {
    scale.assign(values.begin(), values.end());
    conditional_affinities(scale, perplexity);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += static_cast<double>(scale[j]);
  }
  normalise(sum, values);
}

void mixture_of_scales(std::span<float> values, std::span<const double> perplexities) {
  FLEETSNE_EXPECT(!perplexities.empty() && !values.empty());
  thread_local std::vector<double> precisions, sum;
  precisions.clear();
  bool degenerate = false;
  for (const double perplexity : perplexities) {
    if (const auto beta = precision_for(values, perplexity)) {
      precisions.push_back(*beta);
    } else {
      degenerate = true;
    }
  }
  const auto nearest = static_cast<double>(values.front());
  if (precisions.empty() || (degenerate && nearest == 0)) {
    conditional_affinities(values, 1);  // of those at the smallest distance alone
    return;
  }
  // The largest term is brought to 1, or none might be left of all.
  double highest = -std::numeric_limits<double>::infinity();
  for (const double beta : precisions) highest = std::max(highest, 0.5 * std::log(beta) - beta * nearest);
  sum.assign(values.size(), 0);
  for (const double beta : precisions) {
    for (std::size_t j = 0; j < sum.size(); ++j)
      sum[j] += std::exp(0.5 * std::log(beta) - beta * static_cast<double>(values[j]) - highest);
  }
  normalise(sum, values);
}

void gaussian_weights(std::span<float> values, double sigma) {
  FLEETSNE_EXPECT(sigma > 0 && !values.empty());
  thread_local std::vector<double> weights;
  const auto nearest = static_cast<double>(values.front());
  weights.resize(values.size());
  for (std::size_t j = 0; j < values.size(); ++j)
    weights[j] = std::exp((nearest - static_cast<double>(values[j])) / (2 * sigma * sigma));
  normalise(weights, values);
}

}  // namespace fleetsne::affinity
