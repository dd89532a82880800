#include "cells.hpp"

#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t sampled_rows = 2048;  // for the centres
constexpr std::size_t spread_rows = 384;    // for the axes of a cell
constexpr int lloyd_steps = 6, subspace_steps = 6;

std::uint32_t nearest_center(const float* row, const base::AlignedVector<float>& centers, std::size_t width) {
  std::uint32_t best = 0;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t c = 0; c * width < centers.size(); ++c) {
    const float d = search::squared_distance(row, centers.data() + c * width, width);
    if (d < least) {
      least = d;
      best = static_cast<std::uint32_t>(c);
    }
  }
  return best;
}

std::vector<const float*> every_so_often(std::span<const float* const> rows, std::size_t wanted) {
  const std::size_t count = std::min(wanted, rows.size());
  std::vector<const float*> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(rows[i * rows.size() / count]);
  return result;
}

/// Moves the centres to the means of the rows nearest to them; those without rows stay.
void lloyd_step(std::span<const float* const> rows, std::size_t width, base::AlignedVector<float>& centers) {
  std::vector<double> sums(centers.size(), 0.0), counts(centers.size() / width, 0.0);
  for (const float* row : rows) {
    const std::size_t c = nearest_center(row, centers, width);
    counts[c] += 1;
    for (std::size_t j = 0; j < width; ++j) sums[c * width + j] += static_cast<double>(row[j]);
  }
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) continue;
    for (std::size_t j = 0; j < width; ++j)
      centers[c * width + j] = static_cast<float>(sums[c * width + j] / counts[c]);
  }
}

/// Gram-Schmidt; returns the lengths that the vectors had across those before them.
std::vector<double> orthonormalize(std::vector<std::vector<double>>& vectors) {
  std::vector<double> lengths;
  for (std::size_t a = 0; a < vectors.size(); ++a) {
    auto& v = vectors[a];
    for (std::size_t b = 0; b < a; ++b) {
      double dot = 0;
      for (std::size_t j = 0; j < v.size(); ++j) dot += v[j] * vectors[b][j];
      for (std::size_t j = 0; j < v.size(); ++j) v[j] -= dot * vectors[b][j];
    }
    double squares = 0;
    for (const double x : v) squares += x * x;
    const double length = std::sqrt(squares);
    for (double& x : v) x = length > 0 ? x / length : 0.0;
    lengths.push_back(length);
  }
  return lengths;
}

}  // namespace

Cells cut_into_cells(std::span<const float* const> rows, std::size_t width, std::size_t cells) {
  Cells result;
  if (rows.empty()) return result;
  const auto sample = every_so_often(rows, sampled_rows);
  // Rows in order of nearness: evenly spaced ones are a good start.
  for (const float* row : every_so_often(sample, cells)) {
    result.centers.insert(result.centers.end(), row, row + width);
  }
  for (int step = 0; step < lloyd_steps; ++step) lloyd_step(sample, width, result.centers);

  result.counts.assign(result.centers.size() / width, 0);
  for (const float* row : rows) {
    result.nearest.push_back(nearest_center(row, result.centers, width));
    ++result.counts[result.nearest.back()];
  }
  // Equal rows make equal centres, of which all but the first stay empty: they go.
  std::vector<std::uint32_t> number(result.counts.size());
  std::size_t kept = 0;
  for (std::size_t c = 0; c < result.counts.size(); ++c) {
    if (result.counts[c] == 0) continue;
    number[c] = static_cast<std::uint32_t>(kept);
    result.counts[kept] = result.counts[c];
    std::copy_n(result.centers.begin() + static_cast<std::ptrdiff_t>(c * width), width,
                result.centers.begin() + static_cast<std::ptrdiff_t>(kept * width));
    ++kept;
  }
  result.counts.resize(kept);
  result.centers.resize(kept * width);
  for (std::uint32_t& cell : result.nearest) cell = number[cell];
  return result;
}

Spread measure_spread(std::span<const float* const> rows, const float* center, std::size_t width,
                      std::size_t count) {
  Spread spread;
  const auto n = static_cast<double>(rows.size());
  std::vector<double> radii;
  for (const float* row : rows) {
    radii.push_back(static_cast<double>(search::squared_distance(row, center, width)));
    spread.squared_radius += radii.back() / n;
  }
  for (const double r : radii)
    spread.radius_variance += (r - spread.squared_radius) * (r - spread.squared_radius) / n;

  const auto sample = every_so_often(rows, spread_rows);
  std::vector<std::vector<double>> axes(count, std::vector<double>(width, 0.0));
  for (std::size_t a = 0; a < count; ++a) {
    const float* row = sample[a * sample.size() / count];
    for (std::size_t j = 0; j < width; ++j)
      axes[a][j] = static_cast<double>(row[j]) - static_cast<double>(center[j]);
  }
  orthonormalize(axes);
  for (int step = 0; step < subspace_steps; ++step) {
    std::vector<std::vector<double>> next(count, std::vector<double>(width, 0.0));
    for (const float* row : sample) {
      for (std::size_t a = 0; a < count; ++a) {
        double along = 0;
        for (std::size_t j = 0; j < width; ++j) {
          along += axes[a][j] * (static_cast<double>(row[j]) - static_cast<double>(center[j]));
        }
        for (std::size_t j = 0; j < width; ++j) {
          next[a][j] += along * (static_cast<double>(row[j]) - static_cast<double>(center[j]));
        }
      }
    }
    spread.variances = orthonormalize(next);
    axes.swap(next);
  }
  for (double& v : spread.variances) v /= static_cast<double>(sample.size());
  for (const auto& axis : axes) {
    for (const double x : axis) spread.axes.push_back(static_cast<float>(x));
  }
  return spread;
}

}  // namespace fleetsne::neighbors
