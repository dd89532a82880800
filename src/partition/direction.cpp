#include "direction.hpp"

#include <cmath>
#include <numeric>

namespace fleetsne::partition {
namespace {

constexpr std::size_t lanes = 8;

/// <a, row> in float64, eight sums in a fixed order.
double dot(const std::vector<double>& a, const float* row) {
  double sums[lanes] = {};
  std::size_t j = 0;
  for (; j + lanes <= a.size(); j += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      sums[lane] += a[j + lane] * static_cast<double>(row[j + lane]);
  }
  for (; j < a.size(); ++j) sums[0] += a[j] * static_cast<double>(row[j]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// Scales to length one. Returns the factor, or 0, and nothing done, if there is no length.
double normalize(std::vector<double>& v) {
  double squares = 0;
  for (const double x : v) squares += x * x;
  if (!(squares > 0) || !std::isfinite(squares)) return 0;
  const double scale = 1 / std::sqrt(squares);
  for (double& x : v) x *= scale;
  return scale;
}

}  // namespace

bool normalize(Direction& direction) {
  const double scale = normalize(direction.along);
  if (scale > 0) direction.offset *= scale;
  return scale > 0;
}

float project(const Direction& direction, const float* row) {
  return static_cast<float>(dot(direction.along, row) - direction.offset);
}

Direction principal_direction(base::MatrixView<const float> rows, std::span<const std::int64_t> chosen,
                              int iterations, std::span<const Direction> across) {
  const std::size_t d = rows.columns();
  Direction result{std::vector<double>(d, 0.0), 0.0};
  if (chosen.empty()) return result;
  const auto row = [&](std::int64_t i) { return rows.data() + static_cast<std::size_t>(i) * rows.stride(); };

  std::vector<double> mean(d, 0.0);
  for (const std::int64_t i : chosen) {
    for (std::size_t j = 0; j < d; ++j) mean[j] += static_cast<double>(row(i)[j]);
  }
  for (double& x : mean) x /= static_cast<double>(chosen.size());

  double farthest = -1;
  std::int64_t start = chosen.front();
  for (const std::int64_t i : chosen) {
    double squares = 0;
    for (std::size_t j = 0; j < d; ++j) {
      const double x = static_cast<double>(row(i)[j]) - mean[j];
      squares += x * x;
    }
    if (squares > farthest) {
      farthest = squares;
      start = i;
    }
  }
  auto& v = result.along;
  for (std::size_t j = 0; j < d; ++j) v[j] = static_cast<double>(row(start)[j]) - mean[j];
  const auto turn_across = [&](std::vector<double>& turned) {
    for (const Direction& other : across) {
      const double along = std::inner_product(turned.begin(), turned.end(), other.along.begin(), 0.0);
      for (std::size_t j = 0; j < d; ++j) turned[j] -= along * other.along[j];
    }
  };
  turn_across(v);
  if (normalize(v) == 0) {
    v.assign(d, 0.0);
    return result;
  }

  std::vector<double> next(d);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    result.offset = std::inner_product(mean.begin(), mean.end(), v.begin(), 0.0);
    next.assign(d, 0.0);
    for (const std::int64_t i : chosen) {
      const double along = dot(v, row(i)) - result.offset;
      for (std::size_t j = 0; j < d; ++j) next[j] += along * (static_cast<double>(row(i)[j]) - mean[j]);
    }
    turn_across(next);
    if (normalize(next) == 0) break;
    v.swap(next);
  }
  result.offset = std::inner_product(mean.begin(), mean.end(), v.begin(), 0.0);
  return result;
}

}  // namespace fleetsne::partition
