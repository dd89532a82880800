#include "fleetsne/search/distance.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/matrix.hpp"

namespace fleetsne::search {
namespace {

constexpr std::size_t lanes = base::row_padding;
using Lanes = float __attribute__((vector_size(lanes * sizeof(float)), aligned(alignof(float)), may_alias));

}  // namespace

float squared_distance(const float* a, const float* b, std::size_t columns) {
  FLEETSNE_EXPECT(columns % lanes == 0);
  // Two sums hide the latency of the multiply-add.
  Lanes even{}, odd{};
  std::size_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) {
    const Lanes first = *reinterpret_cast<const Lanes*>(a + j) - *reinterpret_cast<const Lanes*>(b + j);
    const Lanes second =
        *reinterpret_cast<const Lanes*>(a + j + lanes) - *reinterpret_cast<const Lanes*>(b + j + lanes);
    even += first * first;
    odd += second * second;
  }
  if (j < columns) {
    const Lanes last = *reinterpret_cast<const Lanes*>(a + j) - *reinterpret_cast<const Lanes*>(b + j);
    even += last * last;
  }
  even += odd;
  const auto eight = __builtin_shufflevector(even, even, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(even, even, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto four =
      __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  const auto two = __builtin_shufflevector(four, four, 0, 1) + __builtin_shufflevector(four, four, 2, 3);
  return two[0] + two[1];
}

}  // namespace fleetsne::search
