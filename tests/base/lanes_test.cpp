// Lanes against the same sums one number at a time, in as many registers as the CPU makes of them.
#include "fleetsne/base/lanes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace fleetsne::base {
namespace {

constexpr std::size_t count = 8;

template <class T>
class EveryReal : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(EveryReal, Reals);

template <class T>
std::array<T, count + 1> numbers(T first) {
  std::array<T, count + 1> result;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = first + static_cast<T>(i * i);
  return result;
}

TYPED_TEST(EveryReal, AreComputedWithOneByOne) {
  using T = TypeParam;
  using All = Lanes<T, count>;
  const auto a = numbers<T>(3), b = numbers<T>(-7);
  const auto x = All::load(a.data() + 1), y = All::load(b.data());  // from any address
  const auto sum = x + y, less = x - y, product = x * y, scaled = x * T{4};
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(sum[i], a[i + 1] + b[i]);
    EXPECT_EQ(less[i], a[i + 1] - b[i]);
    EXPECT_EQ(product[i], a[i + 1] * b[i]);
    EXPECT_EQ(scaled[i], a[i + 1] * 4);
  }
  std::array<T, count + 2> to;
  to.fill(-1);
  sum.store(to.data() + 1);
  EXPECT_EQ(to.front(), -1);
  EXPECT_EQ(to.back(), -1);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(to[i + 1], sum[i]);
}

TYPED_TEST(EveryReal, AreZeroUnlessTold) {
  const Lanes<TypeParam, count> none;
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(none[i], 0);
}

TYPED_TEST(EveryReal, FoldIntoTheirHalves) {
  using T = TypeParam;
  std::array<T, 2 * count> a;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(i * i);
  const auto eight = Lanes<T, 2 * count>::load(a.data()).folded();
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(eight[i], a[i] + a[i + 8]);
  const auto four = eight.folded();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(four[i], eight[i] + eight[i + 4]);
  const auto two = four.folded();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(two[i], four[i] + four[i + 2]);
}

}  // namespace
}  // namespace fleetsne::base
