#pragma once

#include "duplicates.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Tells how many neighbours a point may expect in each shard. Every shard is described by some cells
/// (k-means over a sample of its rows); all ranks hold all cells. For y of a cell with mean c, covariance S
/// and n rows, |x - y|^2 is taken for normal with mean |x - c|^2 + tr S and variance 4 (x - c)' S (x - c) +
/// var |y - c|^2; S is kept as its leading eigenvectors and one value for the rest. The expected number of
/// rows nearer than d is then n Phi((d - mean) / deviation), summed over cells.
class Router {
 public:
  /// Describes this rank's shards and gathers everybody's. Collective. O(shards of all ranks) memory.
  Router(const SearchInput& input, const Points& points);

  std::size_t shards() const { return shard_cells_.size() - 1; }
  std::size_t shards_per_rank() const { return shards_per_rank_; }
  base::Rank rank_of(std::size_t shard) const { return static_cast<base::Rank>(shard / shards_per_rank_); }

  /// expected(q, s): rows of shard first + s below `bounds[q]` of query q, if the cells say so; for an
  /// infinite bound all.
  /// @param expected  queries x any number of shards
  /// @return distances evaluated
  std::int64_t expect(base::MatrixView<const float> queries, std::span<const float> bounds,
                      std::size_t first_shard, base::MatrixView<float> expected) const;
  /// Where to begin in a shard of this rank: the point nearest to the cell nearest to the query.
  std::uint32_t entry(const float* query, std::size_t local_shard) const;

 private:
  static constexpr std::size_t axes = 4;
  /// What is known of a cell besides its vectors.
  struct Cell {
    float rows;             // how many
    float squared_radius;   // mean of |y - c|^2
    float radius_variance;  // its variance
    float variance[axes];   // along the leading axes
    float rest;             // along any other
  };

  const float* center(std::size_t cell) const { return vectors_.data() + cell * (1 + axes) * width_; }

  std::size_t shards_per_rank_, width_;
  std::vector<std::size_t> shard_cells_;  // shards + 1
  std::vector<Cell> cells_;
  base::AlignedVector<float> vectors_;  // for each cell its centre, then its axes; width_ each
  std::size_t first_own_cell_ = 0, first_own_shard_ = 0;
  std::vector<std::uint32_t> own_entries_;  // for each own cell the point of its shard nearest to its centre
};

}  // namespace fleetsne::neighbors
