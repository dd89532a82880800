#pragma once

#include "fleetsne/base/matrix.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Rows cut into cells.
struct Cells {
  base::AlignedVector<float> centers;  ///< cells x width
  std::vector<std::uint32_t> nearest;  ///< for each row its cell
  std::vector<std::int64_t> counts;    ///< rows of each cell; none is empty
};

/// k-means: centres from a sample in a few of Lloyd's steps, then every row goes to its nearest.
/// Deterministic; by the calling thread alone.                                       [Lloyd 1982]
Cells cut_into_cells(std::span<const float* const> rows, std::size_t width, std::size_t cells);

/// Leading eigenvectors of the rows' covariance about `center`, by a few steps of subspace iteration.
struct Spread {
  base::AlignedVector<float> axes;  ///< count x width, orthonormal (or zero where there is no more spread)
  std::vector<double> variances;    ///< along each
  double squared_radius = 0;        ///< mean |y - center|^2
  double radius_variance = 0;       ///< its variance
};
Spread measure_spread(std::span<const float* const> rows, const float* center, std::size_t width,
                      std::size_t count);

}  // namespace fleetsne::neighbors
