#include "moves.hpp"

#include "lane_math.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::umap {
namespace {

TEST(LaneMath, LogarithmAndPowerAreWithinWhatTheyPromise) {
  const base::Random random(1, base::Stream::test);
  for (int i = 0; i < 20000; ++i) {
    const double exponent = 240 * random.uniform(i) - 120;
    const auto x = static_cast<float>(std::exp2(exponent / 2));
    const auto y = static_cast<float>(exponent);
    EXPECT_NEAR(log2_of(all_lanes(x))[0], std::log2(static_cast<double>(x)), 8e-6);
    EXPECT_NEAR(exp2_of(all_lanes(y))[0] / std::exp2(static_cast<double>(y)), 1, 5e-6);
  }
  EXPECT_GT(exp2_of(all_lanes(1e6F))[0], 1e37F);
  EXPECT_LT(exp2_of(all_lanes(-1e6F))[0], 1e-37F);
}

/// One round of one point in double precision.
struct Slow {
  double a, b, rate, repulsion, x, y;

  static double clipped(double value) { return std::clamp(value, -4.0, 4.0); }
  double power(double squared) const { return a * std::pow(squared, b); }
  void attract(double to_x, double to_y) {
    const double dx = x - to_x, dy = y - to_y, squared = dx * dx + dy * dy;
    if (squared == 0) return;
    const double gradient = -2 * b * power(squared) / (squared * (1 + power(squared)));
    x += 2 * rate * clipped(gradient * dx);
    y += 2 * rate * clipped(gradient * dy);
  }
  void repel(const NegativePool& pool, std::size_t place, std::size_t lane, int negatives) {
    double sum_x = 0, sum_y = 0;
    for (int n = 0; n < negatives; ++n) {
      const double dx = x - static_cast<double>(pool.x(place)[lane]);
      const double dy = y - static_cast<double>(pool.y(place)[lane]);
      const double squared = dx * dx + dy * dy;
      const double gradient = 2 * repulsion * b / ((0.001 + squared) * (1 + power(squared)));
      sum_x += clipped(gradient * dx);
      sum_y += clipped(gradient * dy);
      place = (place + group_size) % NegativePool::size;
    }
    x += rate * sum_x;
    y += rate * sum_y;
  }
};

TEST(Moves, AreUmapLearnsGradientsRoundAfterRound) {
  const auto comm = comm::Communicator::self();
  const base::Random random(2, base::Stream::test);
  constexpr std::size_t points = 300;
  std::vector<float> positions(2 * points);
  for (std::size_t i = 0; i < positions.size(); ++i)
    positions[i] = 6 * static_cast<float>(random.uniform(static_cast<base::GlobalIndex>(i)));
  positions[2 * 20] = positions[2 * 3] + 1e-3F;  // nearer than gradients are clipped at
  positions[2 * 20 + 1] = positions[2 * 3 + 1];
  positions[2 * 21] = positions[2 * 5];  // in the same place
  positions[2 * 21 + 1] = positions[2 * 5 + 1];
  NegativePool pool(comm, data::RowDistribution::balanced(points, 1), 7);
  pool.refresh(positions, 0);

  BlockPlan plan;
  plan.rounds.resize(5);
  Group group{.rows = {}, .rounds = 4, .first = 1};
  for (std::size_t lane = 0; lane < group_size; ++lane) {
    group.rows[lane] = lane == 15 ? -1 : static_cast<base::LocalIndex>(lane);
    for (std::size_t round = 0; round < 4; ++round)
      plan.rounds[1 + round][lane] =
          lane == 15 || round > lane ? -1 : static_cast<base::LocalIndex>(17 + lane + 31 * round);
  }
  const MoveRule rule{.curve = {1.577, 0.895}, .rate = 0.3F, .repulsion = 1.5F, .negatives = 6};
  const NegativePlaces places{.start = 4000000000U, .step = 123456789};
  std::vector<float> moved(positions.size(), -1);
  move_group(plan, group, 1, 4, pool, places, rule, positions.data(), moved.data());

  for (std::size_t lane = 0; lane < 15; ++lane) {
    Slow slow{1.577,
              0.895,
              0.3,
              1.5,
              static_cast<double>(positions[2 * lane]),
              static_cast<double>(positions[2 * lane + 1])};
    for (std::uint32_t round = 1; round < 4; ++round) {
      const base::LocalIndex column = plan.rounds[1 + round][lane];
      if (column < 0) continue;
      const auto at = 2 * static_cast<std::size_t>(column);
      slow.attract(static_cast<double>(positions[at]), static_cast<double>(positions[at + 1]));
      slow.repel(pool, places.of_round(round), lane, 6);
    }
    EXPECT_NEAR(static_cast<double>(moved[2 * lane]), slow.x, 2e-4) << "point " << lane;
    EXPECT_NEAR(static_cast<double>(moved[2 * lane + 1]), slow.y, 2e-4) << "point " << lane;
  }
  for (std::size_t i = 30; i < moved.size(); ++i) EXPECT_EQ(moved[i], -1) << "not the group's";
}

TEST(NegativePool, HasPositionsOfAllPointsAsOftenAsAnother) {
  const auto comm = comm::Communicator::self();
  constexpr std::size_t points = 64;
  std::vector<float> positions(2 * points);
  for (std::size_t i = 0; i < points; ++i) {
    positions[2 * i] = static_cast<float>(i);
    positions[2 * i + 1] = static_cast<float>(i) + 0.5F;
  }
  NegativePool pool(comm, data::RowDistribution::balanced(points, 1), 7);
  std::vector<int> times(points, 0);
  for (std::uint32_t draw = 0; draw < 10; ++draw) {
    pool.refresh(positions, draw);
    for (std::size_t place = 0; place < NegativePool::size; ++place) {
      EXPECT_EQ(*pool.y(place), *pool.x(place) + 0.5F);
      ++times[static_cast<std::size_t>(*pool.x(place))];
    }
    for (std::size_t i = 0; i < group_size; ++i) EXPECT_EQ(pool.x(NegativePool::size)[i], pool.x(0)[i]);
  }
  for (const int count : times) EXPECT_NEAR(count, 640, 130);  // five standard deviations
}

}  // namespace
}  // namespace fleetsne::umap
