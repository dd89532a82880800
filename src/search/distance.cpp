#include "fleetsne/search/distance.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/lanes.hpp"
#include "fleetsne/base/matrix.hpp"

namespace fleetsne::search {
namespace {

constexpr std::size_t lanes = base::register_lanes<float>;
// Enough sums to hide the latency of the multiply-add, and the same ones whatever the registers' width.
constexpr std::size_t sums_width = 2 * base::row_padding, registers = sums_width / lanes;
static_assert(base::row_padding % lanes == 0);

struct Sums {
  base::Vector<float> at[registers];
  /// Adds the squared differences of the first `count` registers.
  template <std::size_t count>
  [[gnu::always_inline]] inline void add(const float* a, const float* b) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < count; ++r) {
      const auto difference = base::load_vector(a + r * lanes) - base::load_vector(b + r * lanes);
      at[r] += difference * difference;
    }
  }
};

/// The upper half of the lanes is added to the lower one until one is left.
template <class Lanes>
inline float sum_of_lanes(Lanes v) {
  if constexpr (sizeof(Lanes) == 64) {
    return sum_of_lanes(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                        __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
  } else if constexpr (sizeof(Lanes) == 32) {
    return sum_of_lanes(__builtin_shufflevector(v, v, 0, 1, 2, 3) +
                        __builtin_shufflevector(v, v, 4, 5, 6, 7));
  } else {
    const auto two = __builtin_shufflevector(v, v, 0, 1) + __builtin_shufflevector(v, v, 2, 3);
    return two[0] + two[1];
  }
}

}  // namespace

float squared_distance(const float* a, const float* b, std::size_t columns) {
  FLEETSNE_EXPECT(columns % base::row_padding == 0);
  Sums sums;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < registers; ++r) sums.at[r] = base::Vector<float>{};
  std::size_t j = 0;
  for (; j + sums_width <= columns; j += sums_width) sums.add<registers>(a + j, b + j);
  if (j < columns) sums.add<registers / 2>(a + j, b + j);
    // The upper half is added to the lower one until one is left: the order does not depend on the width
    // either.
#pragma GCC unroll 8
  for (std::size_t half = registers / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < half; ++r) sums.at[r] += sums.at[r + half];
  }
  return sum_of_lanes(sums.at[0]);
}

}  // namespace fleetsne::search
