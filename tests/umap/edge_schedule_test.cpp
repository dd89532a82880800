#include "edge_schedule.hpp"

#include "fleetsne/umap/fuzzy_set.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace fleetsne::umap {
namespace {

TEST(EdgeSchedule, SamplesEveryEdgeByItsWeightAndEachRowsOwn) {
  const auto comm = comm::Communicator::world();
  constexpr int epochs = 60;
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, test::clustered_points(701, 5), 14), log);
  const EdgeSchedule schedule(comm, graph, epochs);
  float largest = *std::ranges::max_element(graph.weights);
  largest = comm.all_reduce(largest, comm::Reduction::max);

  std::map<std::pair<base::LocalIndex, base::LocalIndex>, int> times;
  std::int64_t all = 0;
  BlockPlan plan;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (std::size_t b = 0; b < schedule.blocks(); ++b) {
      schedule.plan(b, epoch, plan);
      std::size_t planned = 0;
      for (const Group& group : plan.groups) {
        for (std::uint32_t round = 0; round < group.rounds; ++round) {
          for (std::size_t lane = 0; lane < group_size; ++lane) {
            const base::LocalIndex column = plan.rounds[group.first + round][lane];
            if (column < 0) continue;
            ASSERT_GE(group.rows[lane], 0);
            ++times[{group.rows[lane], column}];
            ++planned;
          }
        }
      }
      EXPECT_EQ(planned, plan.sampled.size());
      all += static_cast<std::int64_t>(planned);
    }
  }
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < graph.local_rows(); ++i) {
    for (std::size_t e = 0; e < graph.row_columns(i).size(); ++e) {
      const double share = static_cast<double>(graph.row_weights(i)[e]) / static_cast<double>(largest);
      const auto found = times.find({static_cast<base::LocalIndex>(i), graph.row_columns(i)[e]});
      if (share < 1.0 / epochs * (1 - 1e-6)) {
        EXPECT_EQ(found, times.end());
        continue;
      }
      ++kept;
      ASSERT_NE(found, times.end());
      EXPECT_NEAR(found->second, share * epochs, 1.001);
    }
  }
  EXPECT_EQ(kept, schedule.edges());
  all = comm.all_reduce(all, comm::Reduction::sum);
  EXPECT_NEAR(schedule.samples_of_point(), static_cast<double>(all) / epochs / 701, 0.05);
}

TEST(EdgeSchedule, PointsOfAGroupHaveAboutAsManyRounds) {
  const auto comm = comm::Communicator::self();
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, test::clustered_points(1024, 5), 14), log);
  const EdgeSchedule schedule(comm, graph, 200);
  BlockPlan plan;
  std::size_t sampled = 0, places = 0;
  for (std::size_t b = 0; b < schedule.blocks(); ++b) {
    schedule.plan(b, 7, plan);
    sampled += plan.sampled.size();
    places += plan.rounds.size() * group_size;
  }
  EXPECT_GT(static_cast<double>(sampled), 0.85 * static_cast<double>(places));
}

}  // namespace
}  // namespace fleetsne::umap
