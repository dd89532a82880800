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

[[gnu::always_inline]] inline void add_sizes(const float* a, const float* b, Columns& sums) {
  sums += (Columns::load(a) - Columns::load(b)).magnitudes();
}

/// add(a, b, sums) for every step of columns, summed.
template <class Add>
[[gnu::always_inline]] inline float sum_steps(const float* a, const float* b, std::size_t columns,
                                              Add&& add) {
  FLEETSNE_EXPECT(columns % step == 0);
  // Two sums (of a register or more each) hide the latency of the multiply-add.
  Columns even, odd;
  std::size_t j = 0;
  for (; j + 2 * step <= columns; j += 2 * step) {
    add(a + j, b + j, even);
    add(a + j + step, b + j + step, odd);
  }
  if (j < columns) add(a + j, b + j, even);
  even += odd;
  const auto two = even.folded().folded().folded();
  return two[0] + two[1];
}

}  // namespace

float squared_distance(const float* a, const float* b, std::size_t columns) {
  return sum_steps(a, b, columns,
                   [](const float* x, const float* y, Columns& sums) { add_squares(x, y, sums); });
}

float manhattan_distance(const float* a, const float* b, std::size_t columns) {
  return sum_steps(a, b, columns,
                   [](const float* x, const float* y, Columns& sums) { add_sizes(x, y, sums); });
}

}  // namespace fleetsne::search
