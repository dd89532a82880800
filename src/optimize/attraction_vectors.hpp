#pragma once

#include "fleetsne/base/contracts.hpp"

#include "attraction_kernels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__AVX2__) && defined(__FMA__)
#define FLEETSNE_VECTOR_ATTRACTION 1
#include <immintrin.h>
#else
#define FLEETSNE_VECTOR_ATTRACTION 0
#endif

namespace fleetsne::optimize {

/// Steps whose places are decoded before their positions are read: long enough that the reads do not wait
/// for the decoding's writes, short enough to stay in the first cache.
inline constexpr std::size_t decoded_steps = 64;

#if FLEETSNE_VECTOR_ATTRACTION

/// Pairs at places first, first + 1, second and second + 1. Loads of single elements: they are faster than
/// the CPU's gather instruction on Zen 4 and 5.
inline __m256d load_pairs(Pairs pairs, const std::uint16_t* places, std::size_t first, std::size_t second) {
  const auto two = [&](std::size_t at) {
    return _mm_loadh_pd(_mm_load_sd(pairs + places[at]), pairs + places[at + 1]);
  };
  return _mm256_insertf128_pd(_mm256_castpd128_pd256(two(first)), two(second), 1);
}

#if defined(__AVX512F__) && defined(__AVX512DQ__)

/// 16 numbers.
struct Weights {
  __m512 all;
};

inline Weights squares(__m256i codes) {
  const __m512 root = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(codes));
  return {_mm512_mul_ps(root, root)};
}

/// Sums of the groups' forces.
struct ForceLanes {
  explicit ForceLanes(Force at) : at_x(_mm512_set1_ps(at.x)), at_y(_mm512_set1_ps(at.y)) {}
  __m512 at_x, at_y;
  __m512 x = _mm512_setzero_ps(), y = _mm512_setzero_ps();

  void add(Pairs pairs, const std::uint16_t* places, const Weights& weights) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    const auto eight = [&](std::size_t first) {
      const __m256d low = load_pairs(pairs, places, first, first + 2);
      const __m256d high = load_pairs(pairs, places, first + 4, first + 6);
      return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(low), high, 1));
    };
    const __m512 first = eight(0), second = eight(8);
    const __m512 dx = _mm512_sub_ps(at_x, _mm512_permutex2var_ps(first, even, second));
    const __m512 dy = _mm512_sub_ps(at_y, _mm512_permutex2var_ps(first, odd, second));
    const __m512 q = _mm512_fmadd_ps(dx, dx, _mm512_fmadd_ps(dy, dy, _mm512_set1_ps(1)));
    const __m512 weight = _mm512_div_ps(weights.all, q);
    x = _mm512_fmadd_ps(weight, dx, x);
    y = _mm512_fmadd_ps(weight, dy, y);
  }
  __m256 x8() const { return _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)); }
  __m256 y8() const { return _mm256_add_ps(_mm512_castps512_ps256(y), _mm512_extractf32x8_ps(y, 1)); }
};

#else

/// 16 numbers.
struct Weights {
  __m256 low, high;
};

inline Weights squares(__m256i codes) {
  const auto square = [](__m128i eight) {
    const __m256 root = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(eight));
    return _mm256_mul_ps(root, root);
  };
  return {square(_mm256_castsi256_si128(codes)), square(_mm256_extracti128_si256(codes, 1))};
}

/// Sums of the groups' forces.
struct ForceLanes {
  explicit ForceLanes(Force at) : at_x(_mm256_set1_ps(at.x)), at_y(_mm256_set1_ps(at.y)) {}
  __m256 at_x, at_y;
  __m256 x = _mm256_setzero_ps(), y = _mm256_setzero_ps();

  void add(Pairs pairs, const std::uint16_t* places, const Weights& weights) {
    add_eight(pairs, places, weights.low);
    add_eight(pairs, places + 8, weights.high);
  }
  __m256 x8() const { return x; }
  __m256 y8() const { return y; }

 private:
  void add_eight(Pairs pairs, const std::uint16_t* places, __m256 weights) {
    // In such an order that shuffles within halves of the registers part x from y.
    const __m256 first = _mm256_castpd_ps(load_pairs(pairs, places, 0, 4));
    const __m256 second = _mm256_castpd_ps(load_pairs(pairs, places, 2, 6));
    const __m256 dx = _mm256_sub_ps(at_x, _mm256_shuffle_ps(first, second, 0x88));
    const __m256 dy = _mm256_sub_ps(at_y, _mm256_shuffle_ps(first, second, 0xdd));
    const __m256 q = _mm256_fmadd_ps(dx, dx, _mm256_fmadd_ps(dy, dy, _mm256_set1_ps(1)));
    const __m256 weight = _mm256_div_ps(weights, q);
    x = _mm256_fmadd_ps(weight, dx, x);
    y = _mm256_fmadd_ps(weight, dy, y);
  }
};

#endif

/// Both sums of 8 lanes at a time.
inline Force reduce(const ForceLanes& sums, float scale) {
  const __m256 xy = _mm256_hadd_ps(sums.x8(), sums.y8());  // x, x, y, y; and again
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(xy), _mm256_extractf128_ps(xy, 1));
  const __m128 two = _mm_mul_ps(_mm_hadd_ps(four, four), _mm_set1_ps(scale));
  return {_mm_cvtss_f32(two), _mm_cvtss_f32(_mm_movehdup_ps(two))};
}

// Whole registers are read where fewer lanes are left: tiles have room beyond their end (data::tile_slack).

inline __m128i byte_mask(std::size_t lanes) {
  static constexpr auto table = [] {
    std::array<std::uint8_t, 2 * tile_lanes> bytes{};
    std::fill_n(bytes.begin(), tile_lanes, std::uint8_t{255});
    return bytes;
  }();
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data() + tile_lanes - lanes));
}

/// The first `lanes` (at most 16) of 16 numbers of 16 bits, 0 for the others.
inline __m256i load_first(const std::uint16_t* from, std::size_t lanes) {
  const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm256_and_si256(all, _mm256_cvtepi8_epi16(byte_mask(lanes)));
}

/// The same of 8 bits, widened.
inline __m256i load_first(const std::uint8_t* from, std::size_t lanes) {
  const __m128i all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return _mm256_cvtepu8_epi16(_mm_and_si128(all, byte_mask(lanes)));
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
  place = _mm256_add_epi16(place, load_first(row.steps + s, slots - s - tile_lanes));
  if (s + tile_lanes < last) _mm256_store_si256(to, place);
}

/// The groups of a row of squared values. `scratch` holds 16 x decoded_steps places.
inline void add_squared_row(const TileRow& row, Pairs pairs, std::uint16_t* scratch, ForceLanes& sums) {
  FLEETSNE_EXPECT(row.codes != nullptr);
  const std::size_t slots = row.slots;
  __m256i place = load_first(row.places, std::min(slots, tile_lanes));
  for (std::size_t begin = 0; begin < slots; begin += tile_lanes * decoded_steps) {
    const std::size_t end = std::min(slots, begin + tile_lanes * decoded_steps);
    decode_places(row, begin, end, place, scratch);
    const std::uint16_t* places = scratch;
    std::size_t s = begin;
    for (; s + tile_lanes <= end; s += tile_lanes, places += tile_lanes) {
      const auto* codes = reinterpret_cast<const __m256i*>(row.codes + s);
      sums.add(pairs, places, squares(_mm256_loadu_si256(codes)));
    }
    if (s < end) sums.add(pairs, places, squares(load_first(row.codes + s, end - s)));
  }
}

/// The groups of a uniform row.
inline void add_uniform_row(const TileRow& row, Pairs pairs, std::uint16_t* scratch, ForceLanes& sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  std::size_t s = 0;
  for (; s + tile_lanes <= row.slots; s += tile_lanes) sums.add(pairs, row.places + s, squares(ones));
  if (s == row.slots) return;
  const std::size_t lanes = row.slots - s;
  _mm256_store_si256(reinterpret_cast<__m256i*>(scratch), load_first(row.places + s, lanes));
  sums.add(pairs, scratch, squares(_mm256_and_si256(ones, _mm256_cvtepi8_epi16(byte_mask(lanes)))));
}

inline Force fast_force(const TileRow& row, data::ValueCoding coding, Pairs pairs, Force at,
                        std::uint16_t* scratch) {
  ForceLanes sums(at);
  if (coding == data::ValueCoding::uniform) {
    add_uniform_row(row, pairs, scratch, sums);
  } else {
    add_squared_row(row, pairs, scratch, sums);
  }
  return reduce(sums, row.scale);
}

#else

inline Force fast_force(const TileRow& row, data::ValueCoding coding, Pairs pairs, Force at,
                        std::uint16_t* scratch) {
  return portable_force(row, coding, pairs, at, scratch);
}

#endif

}  // namespace fleetsne::optimize
