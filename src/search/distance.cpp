#include "fleetsne/search/distance.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/lanes.hpp"
#include "fleetsne/base/matrix.hpp"

namespace fleetsne::search {
namespace {

constexpr std::size_t step = base::row_padding;
using Columns = base::Lanes<float, step>;

[[gnu::always_inline]] inline void add_squares(const float* a, const float* b, Columns& sums) {
  const Columns difference = Columns::load(a) - Columns::load(b);
  sums += difference * difference;
}

}  // namespace

float squared_distance(const float* a, const float* b, std::size_t columns) {
  FLEETSNE_EXPECT(columns % step == 0);
  // Two sums (of a register or more each) hide the latency of the multiply-add.
  Columns even, odd;
  std::size_t j = 0;
  for (; j + 2 * step <= columns; j += 2 * step) {
    add_squares(a + j, b + j, even);
    add_squares(a + j + step, b + j + step, odd);
  }
  if (j < columns) add_squares(a + j, b + j, even);
  even += odd;
  const auto two = even.folded().folded().folded();
  return two[0] + two[1];
}

}  // namespace fleetsne::search
