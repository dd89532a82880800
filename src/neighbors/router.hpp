#pragma once

#include "duplicates.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Tells how many neighbours a point may expect on each rank. Every rank's rows are described by some cells
/// (k-means over a sample of them); all ranks hold all cells. For y of a cell with mean c, covariance S
/// and n rows, |x - y|^2 is taken for normal with mean |x - c|^2 + tr S and variance 4 (x - c)' S (x - c) +
/// var |y - c|^2; S is kept as its leading eigenvectors and one value for the rest. The expected number of
/// rows nearer than d is then n Phi((d - mean) / deviation), summed over cells.
class Router {
 public:
  /// Describes this rank's rows and gathers everybody's. Collective. O(ranks) memory.
  Router(const SearchInput& input, const Points& points);

  std::size_t ranks() const { return rank_cells_.size() - 1; }

  /// expected[r]: rows of rank r that are nearer to the query than `bound`, if the cells say so; for an
  /// infinite bound all.
  /// @param query     padded columns
  /// @param expected  a number for every rank
  /// @return distances evaluated
  std::int64_t expect(const float* query, float bound, std::span<float> expected) const;

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

  std::size_t width_;
  std::vector<std::size_t> rank_cells_;  // ranks + 1
  std::vector<Cell> cells_;
  base::AlignedVector<float> vectors_;  // for each cell its centre, then its axes; width_ each
};

}  // namespace fleetsne::neighbors
