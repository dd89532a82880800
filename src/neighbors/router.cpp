#include "router.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include "cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t cells_per_rank = 48, rows_per_cell = 256;  // at most, at least
constexpr std::size_t most_bytes = std::size_t{128} << 20;       // of all cells, on every rank
constexpr float far_away = -5.0F;  // deviations below the mean: less than a millionth of the cell

/// Cells of each rank: fewer where ranks are many and rows wide.
std::size_t cells_of(std::size_t ranks, std::size_t width, std::size_t axes) {
  const std::size_t bytes_each = (1 + axes) * width * sizeof(float) * ranks;
  return std::clamp<std::size_t>(most_bytes / bytes_each, 1, cells_per_rank);
}

/// P(X < bound) of a sum of squares with this mean and variance, taken for gamma distributed: its cube root
/// is nearly normal.                                                         [Wilson & Hilferty 1931]
float share_below(float bound, float mean, float variance) {
  const float ninth = variance / (9 * mean * mean);
  if (!(ninth > std::numeric_limits<float>::min())) return mean < bound ? 1.0F : 0.0F;
  const float deviations = (std::cbrt(bound / mean) - (1 - ninth)) / std::sqrt(ninth);
  return 0.5F * std::erfc(-deviations * std::numbers::sqrt2_v<float> / 2);
}

}  // namespace

Router::Router(const SearchInput& input, const Points& points)
    : ranks_(static_cast<std::size_t>(input.comm.size())) {
  const std::size_t width = input.width();
  std::vector<Cell> cells;
  std::vector<float> vectors;
  comm::agree(input.comm, [&] {
    std::vector<const float*> rows;
    for (const base::LocalIndex row : points.rows) rows.push_back(input.row(static_cast<std::size_t>(row)));
    const std::size_t wanted =
        std::clamp<std::size_t>(rows.size() / rows_per_cell, 1, cells_of(ranks_, width, axes));
    const Cells cut = cut_into_cells(rows, width, wanted);
    std::vector<std::vector<std::size_t>> members(cut.counts.size());
    for (std::size_t i = 0; i < rows.size(); ++i) members[cut.nearest[i]].push_back(i);
    cells.resize(members.size());
    vectors.resize(members.size() * (1 + axes) * width);
    base::parallel_for(static_cast<std::int64_t>(members.size()), [&](std::int64_t i) {
      const auto c = static_cast<std::size_t>(i);
      const float* center = cut.centers.data() + c * width;
      Cell& cell = cells[c];
      std::vector<const float*> in_cell;
      for (const std::size_t point : members[c]) {
        in_cell.push_back(rows[point]);
        cell.rows += static_cast<float>(points.group(point).size());
      }
      const Spread spread = measure_spread(in_cell, center, width, axes);
      cell.squared_radius = static_cast<float>(spread.squared_radius);
      cell.radius_variance = static_cast<float>(spread.radius_variance);
      double rest = spread.squared_radius;
      for (std::size_t a = 0; a < axes; ++a) {
        cell.variance[a] = static_cast<float>(spread.variances[a]);
        rest -= spread.variances[a];
      }
      const std::size_t others = std::max(input.rows.columns(), axes + 1) - axes;
      cell.rest = static_cast<float>(std::max(rest, 0.0) / static_cast<double>(others));
      // Where all rows are equal the axes are zero, and any length will do.
      cell.length = cell.squared_radius > 0 ? std::sqrt(cell.squared_radius) : 1.0F;
      float* to = vectors.data() + c * (1 + axes) * width;
      std::copy_n(center, width, to);
      for (std::size_t j = 0; j < spread.axes.size(); ++j)
        to[width + j] = center[j % width] + cell.length * spread.axes[j];
    });
  });
  const auto cell_counts = input.comm.all_gather(cells.size());
  const auto all_cells = input.comm.all_gather(std::span<const Cell>(cells)).values;
  const auto all_vectors = input.comm.all_gather(std::span<const float>(vectors)).values;
  comm::agree(input.comm, [&] {
    for (std::size_t r = 0; r < ranks_; ++r)
      cell_rank_.insert(cell_rank_.end(), cell_counts[r], static_cast<std::uint32_t>(r));
    std::vector<const float*> places[1 + axes];
    for (std::size_t c = 0; c < all_cells.size(); ++c) {
      for (std::size_t a = 0; a <= axes; ++a)
        places[a].push_back(all_vectors.data() + (c * (1 + axes) + a) * width);
      if (c % search::block_rows == 0) cells_.emplace_back();
      cells_.back().set(c % search::block_rows, all_cells[c]);
    }
    const std::size_t columns = input.rows.columns();
    centers_ = search::BlockedRows(places[0], columns);
    for (std::size_t a = 0; a < axes; ++a) tips_[a] = search::BlockedRows(places[1 + a], columns);
  });
}

void Router::CellBlock::set(std::size_t i, const Cell& cell) {
  rows[i] = cell.rows;
  squared_radius[i] = cell.squared_radius;
  radius_variance[i] = cell.radius_variance;
  for (std::size_t a = 0; a < axes; ++a) variance[a][i] = cell.variance[a];
  rest[i] = cell.rest;
  largest_variance[i] = std::max(cell.rest, *std::ranges::max_element(cell.variance));
  length[i] = cell.length;
}

struct Router::Distances {
  std::size_t block, count;
  const float* values;

  /// From the centres (0) or the tips of an axis (from 1 on).
  const float* from(std::size_t kind, std::size_t q) const {
    return values + (kind * search::block_rows + q) * search::block_rows;
  }
};

std::int64_t Router::expect(Workspace& work, std::span<const Query> queries, std::span<const char> open,
                            std::span<float> expected) const {
  constexpr std::size_t group = search::block_rows * search::block_rows;
  std::ranges::fill(expected, 0.0F);
  const float* rows[search::block_rows];
  for (std::size_t q = 0; q < queries.size(); ++q) rows[q] = queries[q].row;
  work.queries.load(std::span(rows, queries.size()));
  const auto distances = [&](std::size_t kind) {
    return std::span(work.distances).subspan(kind * group, group);
  };
  std::int64_t evaluations = 0;
  for (std::size_t b = 0; b < centers_.blocks(); ++b) {
    const Distances to{b, centers_.rows_of(b), work.distances.data()};
    const std::size_t first_rank = cell_rank_[b * search::block_rows];
    const std::size_t last_rank = cell_rank_[b * search::block_rows + to.count - 1];
    const auto concerned = [&](std::size_t q) {
      const auto of_block = open.subspan(q * ranks_ + first_rank, last_rank + 1 - first_rank);
      return std::ranges::find_if(of_block, [](char c) { return c != 0; }) != of_block.end();
    };
    bool compared = false, near = false;
    for (std::size_t q = 0; q < queries.size() && !near; ++q) {
      if (!concerned(q)) continue;
      if (!std::exchange(compared, true)) centers_.distances(work.queries, b, distances(0));
      near = may_be_near(to, q, queries[q].bound);
    }
    for (std::size_t a = 0; near && a < axes; ++a) tips_[a].distances(work.queries, b, distances(1 + a));
    const std::size_t kinds = near ? 1 + axes : compared ? 1 : 0;
    evaluations += static_cast<std::int64_t>(kinds * queries.size() * to.count);
    for (std::size_t q = 0; near && q < queries.size(); ++q) {
      if (concerned(q)) add_expected(to, q, queries[q].bound, expected.subspan(q * ranks_, ranks_));
    }
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (open[i] == 0) expected[i] = 0;  // of a rank that shares a block with one that is open
  }
  return evaluations;
}

bool Router::may_be_near(const Distances& to, std::size_t q, float bound) const {
  const CellBlock& cells = cells_[to.block];
  const float* distances = to.from(0, q);
  int near = 0;
#pragma omp simd reduction(| : near)
  for (std::size_t i = 0; i < search::block_rows; ++i) {
    const float below = bound - distances[i] - cells.squared_radius[i];
    const float widest = 4 * distances[i] * cells.largest_variance[i] + cells.radius_variance[i];
    near |= static_cast<int>(i < to.count) & static_cast<int>(below >= far_away * std::sqrt(widest));
  }
  return near != 0;
}

void Router::add_expected(const Distances& to, std::size_t q, float bound, std::span<float> sums) const {
  const CellBlock& cells = cells_[to.block];
  const std::uint32_t* ranks = cell_rank_.data() + to.block * search::block_rows;
  if (std::isinf(bound)) {
    for (std::size_t i = 0; i < to.count; ++i) sums[ranks[i]] += cells.rows[i];
    return;
  }
  alignas(64) float means[search::block_rows], variances[search::block_rows];  // of |x - y|^2
#pragma omp simd
  for (std::size_t i = 0; i < search::block_rows; ++i) {
    const float squared = to.from(0, q)[i], length = cells.length[i];
    float variance = cells.radius_variance[i], remaining = squared;
    for (std::size_t a = 0; a < axes; ++a) {
      // With t = c + length axis, |x - t|^2 = |x - c|^2 - 2 length (x - c) . axis + length^2.
      const float along = (squared - to.from(1 + a, q)[i] + length * length) / (2 * length);
      const float squared_along = std::min(along * along, squared);
      variance += 4 * squared_along * cells.variance[a][i];
      remaining -= squared_along;
    }
    variances[i] = variance + 4 * std::max(remaining, 0.0F) * cells.rest[i];
    means[i] = squared + cells.squared_radius[i];
  }
  for (std::size_t i = 0; i < to.count; ++i) {
    const float below = bound - means[i];
    if (below < 0 && below * below > far_away * far_away * variances[i]) continue;
    sums[ranks[i]] += cells.rows[i] * share_below(bound, means[i], variances[i]);
  }
}

}  // namespace fleetsne::neighbors
