#include "fleetsne/plot/line.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::plot {
namespace {

/// Two clusters on a line, the second of them with a quarter of the points.
float position(base::GlobalIndex i) {
  const base::Random random(4, base::Stream::test);
  return static_cast<float>(random.normal_pair(i).first + (i % 4 == 0 ? 10 : 0));
}

base::Matrix<float> block(base::GlobalIndex first, base::GlobalIndex last) {
  base::Matrix<float> result(static_cast<std::size_t>(last - first), 1);
  for (auto i = first; i < last; ++i) result(static_cast<std::size_t>(i - first), 0) = position(i);
  return result;
}

constexpr base::GlobalIndex points = 4000;

TEST(Line, PointsFillTheAreaBelowTheirDensity) {
  const auto standing = stand_below_density(comm::Communicator::self(), block(0, points), 0);
  float highest_of[2] = {0, 0};
  double mean_of_first = 0;
  for (base::GlobalIndex i = 0; i < points; ++i) {
    const auto row = static_cast<std::size_t>(i);
    ASSERT_EQ(standing(row, 0), position(i));
    ASSERT_GE(standing(row, 1), 0);
    float& highest = highest_of[i % 4 == 0 ? 1 : 0];
    highest = std::max(highest, standing(row, 1));
    if (i % 4 != 0) mean_of_first += static_cast<double>(standing(row, 1)) / (0.75 * points);
  }
  // As high as they are dense: three times as many points of the same spread.
  EXPECT_NEAR(highest_of[0] / highest_of[1], 3, 0.8);
  // Half of the normal density's mean, sqrt(1/2) of its peak.
  EXPECT_NEAR(mean_of_first / static_cast<double>(highest_of[0]), std::sqrt(0.5) / 2, 0.05);
}

TEST(Line, IsTheSameAtAnyRankCount) {
  const auto comm = comm::Communicator::world();
  const auto rows = data::RowDistribution::balanced(points, comm.size());
  const auto whole = stand_below_density(comm::Communicator::self(), block(0, points), 0);
  const auto first = rows.begin(comm.rank()), last = rows.end(comm.rank());
  const auto mine = stand_below_density(comm, block(first, last), first);
  for (auto i = first; i < last; ++i)
    for (const std::size_t d : {0U, 1U})
      ASSERT_EQ(mine(static_cast<std::size_t>(i - first), d), whole(static_cast<std::size_t>(i), d)) << i;
}

TEST(Line, OnePlaceAndWhatIsNotFinite) {
  const auto comm = comm::Communicator::world();
  base::Matrix<float> same(5, 1);
  const auto standing = stand_below_density(comm, same.view(), 5 * comm.rank());
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(std::isfinite(standing(i, 1)));
  if (comm.rank() == comm.size() - 1) same(3, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(stand_below_density(comm, same.view(), 5 * comm.rank()), base::Error);
}

}  // namespace
}  // namespace fleetsne::plot
