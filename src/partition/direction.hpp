#pragma once

#include "fleetsne/base/matrix.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::partition {

/// A line through the rows: project(row) = <direction, row> - offset.
struct Direction {
  std::vector<double> along;  // columns
  double offset = 0;
};

/// About the direction in which the chosen rows spread most, through their mean: `iterations` steps of power
/// iteration on their covariance, begun at the row farthest from the mean. Summed in a fixed order by the
/// calling thread alone. Any direction (all zero) when the rows are equal or none.
/// @param across  directions of length one, across each other, that the result shall be across
Direction principal_direction(base::MatrixView<const float> rows, std::span<const std::int64_t> chosen,
                              int iterations, std::span<const Direction> across = {});

/// Scales to length one; false, and nothing done, if there is no length.
bool normalize(Direction& direction);

/// The projection rounded to float32: the same bits whoever computes it.
float project(const Direction& direction, const float* row);

/// Orders as the float does, with -0 as 0; no NaN.
constexpr std::uint32_t ordered_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

}  // namespace fleetsne::partition
