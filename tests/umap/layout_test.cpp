#include "fleetsne/umap/layout.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/umap/fuzzy_set.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace fleetsne::umap {
namespace {

using comm::Communicator;

LayoutConfig short_layout(int epochs = 30) {
  return {.curve = {1.577, 0.895}, .epochs = epochs, .seed = 3};
}

/// Positions from the first two columns, every rank's own.
base::Matrix<float> start_of(const Communicator& comm, const base::Matrix<float>& whole) {
  const auto rows = test::block_of(comm, whole);
  base::Matrix<float> start(rows.local.rows(), 2);
  for (std::size_t i = 0; i < start.rows(); ++i) {
    start(i, 0) = rows.local(i, 0);
    start(i, 1) = rows.local(i, 1);
  }
  return start;
}

LaidOut lay_out(const Communicator& comm, const base::Matrix<float>& whole, const LayoutConfig& config) {
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, whole, 14), log);
  return layout(comm, graph, start_of(comm, whole), config, log);
}

TEST(Layout, IsTheSameAtAnyRankCountWhereBlocksAreTheSame) {
  const auto comm = Communicator::world();
  const std::size_t points = comm.size() == 3 ? 768 : 1024;  // all ranks' rows begin at multiples of 256
  const auto whole = test::clustered_points(points, 4);
  const auto mine = lay_out(comm, whole, short_layout());
  const auto alone = lay_out(Communicator::self(), whole, short_layout());
  const auto first = static_cast<std::size_t>(
      data::RowDistribution::balanced(static_cast<base::GlobalIndex>(points), comm.size())
          .begin(comm.rank()));
  // All but the mean, whose sum is taken rank by rank.
  for (std::size_t i = 0; i < mine.embedding.rows(); ++i) {
    for (const std::size_t d : {0, 1})
      EXPECT_NEAR(mine.embedding(i, d), alone.embedding(first + i, d), 4e-6) << "row " << first + i;
  }
  EXPECT_EQ(mine.stats.samples, alone.stats.samples);
  EXPECT_EQ(mine.stats.edges, alone.stats.edges);
  EXPECT_EQ(mine.stats.exchanges_per_epoch, alone.stats.exchanges_per_epoch);
  EXPECT_EQ(mine.stats.bytes_per_rank_epoch > 0, comm.size() > 1);
}

TEST(Layout, IsBitwiseTheSameAgainAndForAnyNumberOfThreads) {
  const auto comm = Communicator::world();
  const auto whole = test::clustered_points(603, 4);
  const auto first = lay_out(comm, whole, short_layout());
  const int threads = omp_get_max_threads();
  omp_set_num_threads(threads + 1);
  const auto again = lay_out(comm, whole, short_layout());
  omp_set_num_threads(threads);
  for (std::size_t i = 0; i < first.embedding.rows(); ++i) {
    for (const std::size_t d : {0, 1}) ASSERT_EQ(first.embedding(i, d), again.embedding(i, d));
  }
  auto other = short_layout();
  other.seed = 4;
  EXPECT_NE(lay_out(comm, whole, other).embedding(0, 0), first.embedding(0, 0));
}

TEST(LayoutResume, FromAnyEpochIsTheUninterruptedRun) {
  const auto comm = Communicator::world();
  const auto whole_rows = test::clustered_points(603, 4);
  const auto config = short_layout(12);
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, whole_rows, 14), log);
  std::vector<LayoutState> moments;
  int asked = 0;
  const LayoutWatch watch{.see =
                              [&](const LayoutMoment& moment) {
                                EXPECT_EQ(moment.wish, 3);
                                moments.push_back(moment.state());
                              },
                          .wish = [&] { return ++asked, comm.rank() + 1 == comm.size() ? 3 : 0; }};
  const auto whole =
      layout(comm, graph, LayoutState{.positions = start_of(comm, whole_rows)}, config, log, watch);
  EXPECT_EQ(asked, 12);
  ASSERT_EQ(moments.size(), 12U);
  for (int epoch = 0; epoch < 12; ++epoch) {
    const LayoutState& moment = moments[static_cast<std::size_t>(epoch)];
    EXPECT_EQ(moment.epoch, epoch);
    const auto rest = layout(comm, graph, moment, config, log);
    EXPECT_TRUE(std::ranges::equal(rest.embedding.elements(), whole.embedding.elements()))
        << "epoch " << epoch;
    EXPECT_EQ(rest.stats.samples, whole.stats.samples);
    EXPECT_EQ(rest.stats.epochs, whole.stats.epochs);
  }
  EXPECT_FALSE(std::ranges::equal(lay_out(comm, whole_rows, short_layout(11)).embedding.elements(),
                                  whole.embedding.elements()));
}

TEST(LayoutResume, NobodyIsShownAnythingWithoutAWish) {
  const auto comm = Communicator::world();
  const auto rows = test::clustered_points(200, 4);
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, rows, 14), log);
  const LayoutWatch watch{.see = [](const LayoutMoment&) { FAIL(); }, .wish = [] { return 0; }};
  layout(comm, graph, LayoutState{.positions = start_of(comm, rows)}, short_layout(3), log, watch);
}

/// Two far groups that start as one: a point's nearest in the embedding are of its own group.
TEST(Layout, PartsWhatIsApart) {
  const auto comm = Communicator::world();
  const base::Random random(5, base::Stream::test);
  constexpr std::size_t count = 400;
  auto whole = base::padded_matrix<float>(count, 3);
  base::Matrix<float> start(count, 2);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      whole(i, c) = static_cast<float>(random.normal_pair(static_cast<base::GlobalIndex>(3 * i + c)).first);
    whole(i, 0) += i % 2 == 0 ? 0.F : 40.F;
    for (std::size_t d = 0; d < 2; ++d)
      start(i, d) = static_cast<float>(
          random.uniform(static_cast<base::GlobalIndex>(i), 90 + static_cast<std::uint32_t>(d)));
  }
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, whole, 14), log);
  const auto first = static_cast<std::size_t>(graph.rows.begin(comm.rank()));
  base::Matrix<float> mine(graph.local_rows(), 2);
  for (std::size_t i = 0; i < mine.rows(); ++i) std::ranges::copy(start.row(first + i), mine.row(i).begin());
  const auto laid = layout(comm, graph, std::move(mine), short_layout(150), log);
  const auto all = comm.all_gather(laid.embedding.elements()).values;
  double within = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double nearest = std::numeric_limits<double>::max();
    std::size_t at = i;
    for (std::size_t j = 0; j < count; ++j) {
      if (j == i) continue;
      const double distance = std::hypot(static_cast<double>(all[2 * i] - all[2 * j]),
                                         static_cast<double>(all[2 * i + 1] - all[2 * j + 1]));
      if (distance < nearest) nearest = distance, at = j;
    }
    within += i % 2 == at % 2 ? 1.0 / count : 0;
  }
  EXPECT_GT(within, 0.98);
}

TEST(Layout, EpochsAreThoseOfUmapLearn) {
  EXPECT_EQ(automatic_epochs(150), 500);
  EXPECT_EQ(automatic_epochs(10'000), 500);
  EXPECT_EQ(automatic_epochs(10'001), 200);
}

TEST(Layout, OneThatDivergesEndsAtThatEpochOnAllRanksAndIsNotShown) {
  const auto comm = Communicator::world();
  const auto whole = test::clustered_points(200, 4);
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, whole, 14), log);
  auto config = short_layout();
  for (const int done : {0, 7, config.epochs - 1}) {
    config.learning_rate = 1e38 * config.epochs / (config.epochs - done);
    std::vector<int> seen;
    const LayoutWatch watch{.see =
                                [&](const LayoutMoment& moment) {
                                  seen.push_back(moment.epoch);
                                  const LayoutState state = moment.state();
                                  for (const float x : state.positions.elements())
                                    EXPECT_TRUE(std::isfinite(x));
                                },
                            .wish = [] { return 1; }};
    for (const LayoutWatch& watches : {watch, LayoutWatch{}}) {
      try {
        layout(comm, graph, LayoutState{.positions = start_of(comm, whole), .epoch = done}, config, log,
               watches);
        ADD_FAILURE() << "from epoch " << done;
      } catch (const comm::AgreedError& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::numerical);
        EXPECT_EQ(
            std::string(error.what()).find("epoch " + std::to_string(done + 1) + ": the layout diverged"), 0U)
            << error.what();
      }
    }
    EXPECT_EQ(seen, std::vector<int>{done});
  }
}

TEST(Layout, OneThatDivergesOnOneRankFailsOnAll) {
  const auto comm = Communicator::world();
  const auto whole = test::clustered_points(200, 4);
  base::Log log;
  const auto graph = fuzzy_set(comm, test::brute_force_graph(comm, whole, 14), log);
  auto start = start_of(comm, whole);
  if (comm.rank() == comm.size() - 1) start(0, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(layout(comm, graph, std::move(start), short_layout(), log), base::Error);
}

}  // namespace
}  // namespace fleetsne::umap
