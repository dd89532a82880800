#pragma once

#include "fleetsne/data/edge_tile.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace fleetsne::optimize {

using data::tile_lanes;
using data::TileRow;

struct Force {
  float x = 0, y = 0;
};

/// Positions of a tile's directory: x and y of a column in one 8-byte element.
using Pairs = const double*;

inline std::array<float, 2> split(double pair) {
  return std::bit_cast<std::array<float, 2>>(pair);
}

/// Calls visit(places, first slot, lanes) for the groups of 16 slots of a row that are worked on together;
/// only the first `lanes` places hold. `scratch` holds 16 places.
template <class Visit>
void for_each_group(const TileRow& row, data::ValueCoding coding, std::uint16_t* scratch, Visit&& visit) {
  const std::size_t first_lanes = std::min<std::size_t>(row.slots, tile_lanes);
  std::fill_n(scratch, tile_lanes, std::uint16_t{0});
  std::copy_n(row.places, first_lanes, scratch);
  for (std::size_t first = 0; first < row.slots; first += tile_lanes) {
    const std::size_t lanes = std::min<std::size_t>(row.slots - first, tile_lanes);
    if (first > 0 && coding == data::ValueCoding::uniform) {
      std::copy_n(row.places + first, lanes, scratch);
    } else if (first > 0) {
      const std::uint8_t* steps = row.steps + first - tile_lanes;
      for (std::size_t l = 0; l < lanes; ++l) scratch[l] = static_cast<std::uint16_t>(scratch[l] + steps[l]);
    }
    visit(first, lanes);
  }
}

/// Weights of a group of slots before the row's scale; 0 beyond `lanes`.
inline void group_weights(const TileRow& row, data::ValueCoding coding, std::size_t first, std::size_t lanes,
                          float* weights) {
  std::fill_n(weights, tile_lanes, 0.0F);
  if (coding == data::ValueCoding::uniform) {
    std::fill_n(weights, lanes, 1.0F);
    return;
  }
  for (std::size_t l = 0; l < lanes; ++l) {
    const auto root = static_cast<float>(row.codes[first + l]);
    weights[l] = root * root;
  }
}

/// Calls visit(x, y, weights) for every group of 16 slots of a row: positions, and weights before the row's
/// scale, 0 for lanes beyond its end.
template <class Visit>
void for_each_weighed_group(const TileRow& row, data::ValueCoding coding, Pairs pairs, std::uint16_t* scratch,
                            Visit&& visit) {
  alignas(64) std::array<float, tile_lanes> x, y, weights;
  for_each_group(row, coding, scratch, [&](std::size_t first, std::size_t lanes) {
    group_weights(row, coding, first, lanes, weights.data());
    for (std::size_t l = 0; l < tile_lanes; ++l) {
      const auto pair = split(pairs[scratch[l]]);
      x[l] = pair[0];
      y[l] = pair[1];
    }
    visit(x.data(), y.data(), weights.data());
  });
}

/// sum_j value_j (y - y_j) / (1 + |y - y_j|^2) over the slots of a row.
inline Force portable_force(const TileRow& row, data::ValueCoding coding, Pairs pairs, Force at,
                            std::uint16_t* scratch) {
  alignas(64) std::array<float, tile_lanes> sum_x{}, sum_y{};
  const auto add = [&](const float* x, const float* y, const float* weights) {
#pragma omp simd
    for (std::size_t l = 0; l < tile_lanes; ++l) {
      const float dx = at.x - x[l], dy = at.y - y[l];
      const float weight = weights[l] / (1 + dx * dx + dy * dy);
      sum_x[l] += weight * dx;
      sum_y[l] += weight * dy;
    }
  };
  for_each_weighed_group(row, coding, pairs, scratch, add);
  Force sum;
  for (std::size_t l = 0; l < tile_lanes; ++l) {
    sum.x += sum_x[l];
    sum.y += sum_y[l];
  }
  return {row.scale * sum.x, row.scale * sum.y};
}

/// log(x) for x >= 1 within 2e-7, in arithmetic that the compiler can do for 16 numbers at once: the
/// exponent, and log of the mantissa by its series in (m - 1) / (m + 1).                 [Abramowitz & Stegun
/// 1964, 4.1.27]
inline float vector_log(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  // Mantissa in [0.75, 1.5), so that the series is short.
  const std::int32_t exponent = (bits - 0x3f400000) >> 23;
  const float mantissa = std::bit_cast<float>(bits - (exponent << 23));
  const float s = (mantissa - 1) / (mantissa + 1), s2 = s * s;
  const float series = 2 * s * (1 + s2 * (1.F / 3 + s2 * (1.F / 5 + s2 * (1.F / 7 + s2 * (1.F / 9)))));
  return static_cast<float>(exponent) * 0.69314718F + series;
}

/// sum_j value_j log(1 + |y - y_j|^2) over the slots of a row.
inline double row_energy(const TileRow& row, data::ValueCoding coding, Pairs pairs, Force at,
                         std::uint16_t* scratch) {
  alignas(64) std::array<float, tile_lanes> sums{};
  const auto add = [&](const float* x, const float* y, const float* weights) {
#pragma omp simd
    for (std::size_t l = 0; l < tile_lanes; ++l) {
      const float dx = at.x - x[l], dy = at.y - y[l];
      sums[l] += weights[l] * vector_log(1 + dx * dx + dy * dy);
    }
  };
  for_each_weighed_group(row, coding, pairs, scratch, add);
  double sum = 0;
  for (const float lane : sums) sum += static_cast<double>(lane);
  return static_cast<double>(row.scale) * sum;
}

}  // namespace fleetsne::optimize
