#include "fleetsne/affinity/bandwidth.hpp"

#include "fleetsne/base/contracts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::affinity {
namespace {

constexpr double entropy_tolerance = 1e-6;
constexpr int max_steps = 200;  // bisection alone needs about 60 for the widest range of float distances
constexpr double smallest_share = 1e-20;

/// Sums over neighbours of e = exp(-beta d), d e and d^2 e; d is measured from the nearest neighbour.
struct Moments {
  double mass = 0, first = 0, second = 0;
  double entropy(double beta) const { return std::log(mass) + beta * first / mass; }
  double variance() const { return second / mass - (first / mass) * (first / mass); }
};

Moments moments(std::span<const double> distances, double beta) {
  Moments sums;
  for (const double d : distances) {
    const double e = std::exp(-beta * d);
    sums.mass += e;
    sums.first += d * e;
    sums.second += d * d * e;
  }
  return sums;
}

/// The precision beta at which the entropy is `target`, which must lie between that of beta = infinity and
/// log(k).
double find_precision(std::span<const double> distances, double target) {
  double low = 0, high = std::numeric_limits<double>::infinity();
  double mean = 0;
  for (const double d : distances) mean += d;
  double beta = static_cast<double>(distances.size()) / mean;
  for (int step = 0; step < max_steps; ++step) {
    const Moments sums = moments(distances, beta);
    const double excess = sums.entropy(beta) - target;
    if (std::abs(excess) < entropy_tolerance) break;
    (excess > 0 ? low : high) = beta;
    const double newton = beta + excess / (beta * std::max(sums.variance(), 1e-300));
    if (newton > low && newton < high && newton < 8 * beta) {
      beta = newton;
    } else {
      beta = std::isinf(high) ? 4 * beta : (low + high) / 2;
    }
  }
  return beta;
}

}  // namespace

double conditional_affinities(std::span<float> values, double perplexity) {
  FLEETSNE_EXPECT(!values.empty() && std::ranges::is_sorted(values));
  thread_local std::vector<double> distances;
  distances.resize(values.size());
  const float nearest = values.front();
  for (std::size_t j = 0; j < values.size(); ++j) {
    distances[j] = static_cast<double>(values[j]) - static_cast<double>(nearest);
  }
  const auto ties = static_cast<double>(std::ranges::upper_bound(values, nearest) - values.begin());
  const bool unreachable = ties >= perplexity || ties == static_cast<double>(values.size());
  double mass = ties, entropy = std::log(ties);
  if (!unreachable) {
    const double beta = find_precision(distances, std::log(perplexity));
    const Moments sums = moments(distances, beta);
    mass = sums.mass;
    entropy = sums.entropy(beta);
    for (double& d : distances) d = std::exp(-beta * d);
  } else {
    for (double& d : distances) d = d == 0 ? 1 : 0;
  }
  for (std::size_t j = 0; j < values.size(); ++j) {
    values[j] = static_cast<float>(std::max(distances[j] / mass, smallest_share));
  }
  return entropy;
}

}  // namespace fleetsne::affinity
