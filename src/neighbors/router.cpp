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

constexpr std::size_t cells_per_shard = 16, rows_per_cell = 8;
constexpr std::size_t most_bytes = std::size_t{128} << 20;  // of all cells, on every rank
constexpr float far_away = -6.0F;  // deviations below the mean: a billionth of the cell

/// Cells of each shard: fewer where shards are many and rows wide.
std::size_t cells_of(std::size_t shards, std::size_t width, std::size_t axes) {
  const std::size_t bytes_each = (1 + axes) * width * sizeof(float) * shards;
  return std::clamp<std::size_t>(most_bytes / bytes_each, 1, cells_per_shard);
}

float dot(const float* a, const float* b, std::size_t width) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < width; ++j) sum += a[j] * b[j];
  return sum;
}

}  // namespace

Router::Router(const SearchInput& input, const Points& points)
    : shards_per_rank_(input.shard_offsets.size() - 1), width_(input.width()) {
  const std::size_t all_shards = shards_per_rank_ * static_cast<std::size_t>(input.comm.size());
  struct Description {
    std::vector<Cell> cells;
    std::vector<float> vectors;
    std::vector<std::uint32_t> entries;
  };
  std::vector<Description> mine(shards_per_rank_);
  comm::agree(input.comm, [&] {
    base::parallel_for(static_cast<std::int64_t>(shards_per_rank_), [&](std::int64_t s) {
      const auto shard = static_cast<std::size_t>(s);
      const auto first = static_cast<std::size_t>(points.shard_offsets[shard]);
      const auto count = static_cast<std::size_t>(points.shard_offsets[shard + 1]) - first;
      std::vector<const float*> rows;
      for (std::size_t p = first; p < first + count; ++p)
        rows.push_back(input.row(static_cast<std::size_t>(points.rows[p])));
      const std::size_t wanted =
          std::clamp<std::size_t>(count / rows_per_cell, 1, cells_of(all_shards, width_, axes));
      const Cells cells = cut_into_cells(rows, width_, wanted);
      std::vector<std::vector<std::uint32_t>> members(cells.counts.size());
      for (std::size_t i = 0; i < count; ++i)
        members[cells.nearest[i]].push_back(static_cast<std::uint32_t>(i));
      for (std::size_t c = 0; c < cells.counts.size(); ++c) {
        const float* center = cells.centers.data() + c * width_;
        std::vector<const float*> in_cell;
        Cell cell{};
        std::uint32_t entry = members[c].front();
        float least = std::numeric_limits<float>::infinity();
        for (const std::uint32_t i : members[c]) {
          in_cell.push_back(rows[i]);
          cell.rows += static_cast<float>(points.group(first + i).size());
          const float d = search::squared_distance(rows[i], center, width_);
          if (d < least) {
            least = d;
            entry = i;
          }
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
        auto& to = mine[shard];
        to.cells.push_back(cell);
        to.entries.push_back(entry);
        to.vectors.insert(to.vectors.end(), center, center + width_);
        to.vectors.insert(to.vectors.end(), spread.axes.begin(), spread.axes.end());
      }
    });
  });
  std::vector<Cell> cells;
  std::vector<float> vectors;
  std::vector<std::size_t> counts;
  for (const Description& d : mine) {
    counts.push_back(d.cells.size());
    cells.insert(cells.end(), d.cells.begin(), d.cells.end());
    vectors.insert(vectors.end(), d.vectors.begin(), d.vectors.end());
    own_entries_.insert(own_entries_.end(), d.entries.begin(), d.entries.end());
  }
  const auto all_counts = input.comm.all_gather(std::span<const std::size_t>(counts)).values;
  shard_cells_.assign(1, 0);
  for (const std::size_t n : all_counts) shard_cells_.push_back(shard_cells_.back() + n);
  cells_ = input.comm.all_gather(std::span<const Cell>(cells)).values;
  const auto all_vectors = input.comm.all_gather(std::span<const float>(vectors)).values;
  vectors_.assign(all_vectors.begin(), all_vectors.end());
  first_own_shard_ = shards_per_rank_ * static_cast<std::size_t>(input.comm.rank());
  first_own_cell_ = shard_cells_[first_own_shard_];
}

std::int64_t Router::expect(base::MatrixView<const float> queries, std::span<const float> bounds,
                            std::size_t first_shard, base::MatrixView<float> expected) const {
  base::AlignedVector<float> difference(width_);
  std::int64_t evaluations = 0;
  for (std::size_t s = 0; s < expected.columns(); ++s) {
    for (std::size_t q = 0; q < queries.rows(); ++q) {
      const float* query = queries.data() + q * queries.stride();
      float sum = 0;
      for (std::size_t c = shard_cells_[first_shard + s]; c < shard_cells_[first_shard + s + 1]; ++c) {
        const Cell& cell = cells_[c];
        if (std::isinf(bounds[q])) {
          sum += cell.rows;
          continue;
        }
        const float squared = search::squared_distance(query, center(c), width_);
        ++evaluations;
        const float below = bounds[q] - squared - cell.squared_radius;
        const float widest = 4 * squared * std::max(cell.variance[0], cell.rest) + cell.radius_variance;
        if (below < 0 && below * below > far_away * far_away * widest) continue;
        // Only near cells get as far as their axes.
        for (std::size_t j = 0; j < width_; ++j) difference[j] = query[j] - center(c)[j];
        float variance = cell.radius_variance, remaining = squared;
        for (std::size_t a = 0; a < axes; ++a) {
          const float along = dot(difference.data(), center(c) + (1 + a) * width_, width_);
          variance += 4 * along * along * cell.variance[a];
          remaining -= along * along;
        }
        variance += 4 * std::max(remaining, 0.0F) * cell.rest;
        const float deviation = std::sqrt(std::max(variance, std::numeric_limits<float>::min()));
        sum += cell.rows * 0.5F * std::erfc(-below / deviation * std::numbers::sqrt2_v<float> / 2);
      }
      expected(q, s) = sum;
    }
  }
  return evaluations;
}

std::uint32_t Router::entry(const float* query, std::size_t local_shard) const {
  const std::size_t shard = first_own_shard_ + local_shard;
  std::size_t best = shard_cells_[shard];
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t c = shard_cells_[shard]; c < shard_cells_[shard + 1]; ++c) {
    const float d = search::squared_distance(query, center(c), width_);
    if (d < least) {
      least = d;
      best = c;
    }
  }
  return own_entries_[best - first_own_cell_];
}

}  // namespace fleetsne::neighbors
