#include "router.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/search/distance.hpp"

#include "cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t cells_per_rank = 32, rows_per_cell = 8;
constexpr std::size_t most_bytes = std::size_t{128} << 20;  // of all cells, on every rank
constexpr float far_away = -6.0F;  // deviations below the mean: a billionth of the cell

/// Cells of each rank: fewer where ranks are many and rows wide.
std::size_t cells_of(std::size_t ranks, std::size_t width, std::size_t axes) {
  const std::size_t bytes_each = (1 + axes) * width * sizeof(float) * ranks;
  return std::clamp<std::size_t>(most_bytes / bytes_each, 1, cells_per_rank);
}

/// (query - center) . axis
float along_axis(const float* query, const float* center, const float* axis, std::size_t width) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < width; ++j) sum += (query[j] - center[j]) * axis[j];
  return sum;
}

}  // namespace

Router::Router(const SearchInput& input, const Points& points) : width_(input.width()) {
  std::vector<Cell> cells;
  std::vector<float> vectors;
  comm::agree(input.comm, [&] {
    std::vector<const float*> rows;
    for (const base::LocalIndex row : points.rows) rows.push_back(input.row(static_cast<std::size_t>(row)));
    const auto ranks = static_cast<std::size_t>(input.comm.size());
    const std::size_t wanted =
        std::clamp<std::size_t>(rows.size() / rows_per_cell, 1, cells_of(ranks, width_, axes));
    const Cells cut = cut_into_cells(rows, width_, wanted);
    std::vector<std::vector<std::size_t>> members(cut.counts.size());
    for (std::size_t i = 0; i < rows.size(); ++i) members[cut.nearest[i]].push_back(i);
    cells.resize(members.size());
    vectors.resize(members.size() * (1 + axes) * width_);
    base::parallel_for(static_cast<std::int64_t>(members.size()), [&](std::int64_t i) {
      const auto c = static_cast<std::size_t>(i);
      const float* center = cut.centers.data() + c * width_;
      Cell& cell = cells[c];
      std::vector<const float*> in_cell;
      for (const std::size_t point : members[c]) {
        in_cell.push_back(rows[point]);
        cell.rows += static_cast<float>(points.group(point).size());
      }
      const Spread spread = measure_spread(in_cell, center, width_, axes);
      cell.squared_radius = static_cast<float>(spread.squared_radius);
      cell.radius_variance = static_cast<float>(spread.radius_variance);
      double rest = spread.squared_radius;
      for (std::size_t a = 0; a < axes; ++a) {
        cell.variance[a] = static_cast<float>(spread.variances[a]);
        rest -= spread.variances[a];
      }
      const std::size_t others = std::max(input.rows.columns(), axes + 1) - axes;
      cell.rest = static_cast<float>(std::max(rest, 0.0) / static_cast<double>(others));
      float* to = vectors.data() + c * (1 + axes) * width_;
      std::copy_n(center, width_, to);
      std::ranges::copy(spread.axes, to + width_);
    });
  });
  rank_cells_.assign(1, 0);
  for (const std::size_t n : input.comm.all_gather(cells.size()))
    rank_cells_.push_back(rank_cells_.back() + n);
  cells_ = input.comm.all_gather(std::span<const Cell>(cells)).values;
  const auto all_vectors = input.comm.all_gather(std::span<const float>(vectors)).values;
  vectors_.assign(all_vectors.begin(), all_vectors.end());
}

std::int64_t Router::expect(const float* query, float bound, std::span<float> expected) const {
  std::int64_t evaluations = 0;
  for (std::size_t r = 0; r < ranks(); ++r) {
    float sum = 0;
    for (std::size_t c = rank_cells_[r]; c < rank_cells_[r + 1]; ++c) {
      const Cell& cell = cells_[c];
      if (std::isinf(bound)) {
        sum += cell.rows;
        continue;
      }
      const float squared = search::squared_distance(query, center(c), width_);
      ++evaluations;
      const float below = bound - squared - cell.squared_radius;
      const float widest = 4 * squared * std::max(cell.variance[0], cell.rest) + cell.radius_variance;
      if (below < 0 && below * below > far_away * far_away * widest) continue;
      // Only near cells get as far as their axes.
      float variance = cell.radius_variance, remaining = squared;
      for (std::size_t a = 0; a < axes; ++a) {
        const float along = along_axis(query, center(c), center(c) + (1 + a) * width_, width_);
        variance += 4 * along * along * cell.variance[a];
        remaining -= along * along;
      }
      variance += 4 * std::max(remaining, 0.0F) * cell.rest;
      const float deviation = std::sqrt(std::max(variance, std::numeric_limits<float>::min()));
      sum += cell.rows * 0.5F * std::erfc(-below / deviation * std::numbers::sqrt2_v<float> / 2);
    }
    expected[r] = sum;
  }
  return evaluations;
}

}  // namespace fleetsne::neighbors
