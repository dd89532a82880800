#pragma once

#include "fleetsne/data/edge_tile.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define FLEETSNE_AVX512_ATTRACTION 1
#include <immintrin.h>
#else
#define FLEETSNE_AVX512_ATTRACTION 0
#endif

namespace fleetsne::optimize {

using data::tile_lanes;
using data::TileRow;

/// Steps whose places are decoded before their positions are read: long enough that the reads do not wait
/// for the decoding's writes, short enough to stay in the first cache.
inline constexpr std::size_t decoded_steps = 64;

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

#if FLEETSNE_AVX512_ATTRACTION

/// 8 pairs. Loads of single elements: they are faster than the CPU's gather instruction on Zen 4 and 5.
inline __m512 load_pairs(Pairs pairs, const std::uint16_t* places) {
  const auto two = [&](int first) {
    return _mm_loadh_pd(_mm_load_sd(pairs + places[first]), pairs + places[first + 1]);
  };
  const __m256d low = _mm256_insertf128_pd(_mm256_castpd128_pd256(two(0)), two(2), 1);
  const __m256d high = _mm256_insertf128_pd(_mm256_castpd128_pd256(two(4)), two(6), 1);
  return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(low), high, 1));
}

inline __mmask16 lane_mask(std::size_t lanes) {
  return static_cast<__mmask16>((std::uint32_t{1} << lanes) - 1);
}

/// Sums of the groups' forces.
struct ForceLanes {
  __m512 at_x, at_y;
  __m512 x = _mm512_setzero_ps(), y = _mm512_setzero_ps();

  void add(Pairs pairs, const std::uint16_t* places, __m512 weights) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    const __m512 first = load_pairs(pairs, places), second = load_pairs(pairs, places + 8);
    const __m512 dx = _mm512_sub_ps(at_x, _mm512_permutex2var_ps(first, even, second));
    const __m512 dy = _mm512_sub_ps(at_y, _mm512_permutex2var_ps(first, odd, second));
    const __m512 q = _mm512_fmadd_ps(dx, dx, _mm512_fmadd_ps(dy, dy, _mm512_set1_ps(1)));
    const __m512 weight = _mm512_div_ps(weights, q);
    x = _mm512_fmadd_ps(weight, dx, x);
    y = _mm512_fmadd_ps(weight, dy, y);
  }
  /// Both sums at a time.
  Force reduce(float scale) const {
    const __m256 x8 = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    const __m256 y8 = _mm256_add_ps(_mm512_castps512_ps256(y), _mm512_extractf32x8_ps(y, 1));
    const __m256 xy = _mm256_hadd_ps(x8, y8);  // x, x, y, y; and again
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(xy), _mm256_extractf128_ps(xy, 1));
    const __m128 two = _mm_mul_ps(_mm_hadd_ps(four, four), _mm_set1_ps(scale));
    return {_mm_cvtss_f32(two), _mm_cvtss_f32(_mm_movehdup_ps(two))};
  }
};

inline __m512 squares(__m256i codes) {
  const __m512 root = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(codes));
  return _mm512_mul_ps(root, root);
}

/// Places of the groups of a row's slots from `first` to `last` (whole groups, or to its end).
inline void decode_places(const TileRow& row, std::size_t first, std::size_t last, __m256i& place,
                          std::uint16_t* places) {
  auto* to = reinterpret_cast<__m256i*>(places);
  const std::size_t slots = row.slots;
  std::size_t s = first;
  for (; s < last && s + 2 * tile_lanes <= slots; s += tile_lanes) {
    const __m128i steps = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row.steps + s));
    _mm256_store_si256(to++, place);
    place = _mm256_add_epi16(place, _mm256_cvtepu8_epi16(steps));
  }
  if (s >= last) return;
  _mm256_store_si256(to++, place);
  if (s + tile_lanes >= slots) return;
  const __m128i steps = _mm_maskz_loadu_epi8(lane_mask(slots - s - tile_lanes), row.steps + s);
  place = _mm256_add_epi16(place, _mm256_cvtepu8_epi16(steps));
  if (s + tile_lanes < last) _mm256_store_si256(to, place);
}

/// The groups of a row of squared values. `scratch` holds 16 x decoded_steps places.
inline void add_squared_row(const TileRow& row, Pairs pairs, std::uint16_t* scratch, ForceLanes& sums) {
  const std::size_t slots = row.slots;
  __m256i place = _mm256_maskz_loadu_epi16(lane_mask(std::min(slots, tile_lanes)), row.places);
  for (std::size_t begin = 0; begin < slots; begin += tile_lanes * decoded_steps) {
    const std::size_t end = std::min(slots, begin + tile_lanes * decoded_steps);
    decode_places(row, begin, end, place, scratch);
    const std::uint16_t* places = scratch;
    std::size_t s = begin;
    for (; s + tile_lanes <= end; s += tile_lanes, places += tile_lanes) {
      const auto* codes = reinterpret_cast<const __m256i*>(row.codes + s);
      sums.add(pairs, places, squares(_mm256_loadu_si256(codes)));
    }
    if (s < end) {
      const __m256i codes = _mm256_maskz_loadu_epi16(lane_mask(end - s), row.codes + s);
      sums.add(pairs, places, squares(codes));
    }
  }
}

/// The groups of a uniform row.
inline void add_uniform_row(const TileRow& row, Pairs pairs, std::uint16_t* scratch, ForceLanes& sums) {
  std::size_t s = 0;
  for (; s + tile_lanes <= row.slots; s += tile_lanes) sums.add(pairs, row.places + s, _mm512_set1_ps(1));
  if (s == row.slots) return;
  const __mmask16 mask = lane_mask(row.slots - s);
  _mm256_store_si256(reinterpret_cast<__m256i*>(scratch), _mm256_maskz_loadu_epi16(mask, row.places + s));
  sums.add(pairs, scratch, _mm512_maskz_mov_ps(mask, _mm512_set1_ps(1)));
}

inline Force fast_force(const TileRow& row, data::ValueCoding coding, Pairs pairs, Force at,
                        std::uint16_t* scratch) {
  ForceLanes sums{_mm512_set1_ps(at.x), _mm512_set1_ps(at.y)};
  if (coding == data::ValueCoding::uniform) {
    add_uniform_row(row, pairs, scratch, sums);
  } else {
    add_squared_row(row, pairs, scratch, sums);
  }
  return sums.reduce(row.scale);
}

#else

inline Force fast_force(const TileRow& row, data::ValueCoding coding, Pairs pairs, Force at,
                        std::uint16_t* scratch) {
  return portable_force(row, coding, pairs, at, scratch);
}

#endif

}  // namespace fleetsne::optimize
