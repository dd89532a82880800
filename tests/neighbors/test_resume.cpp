// A search that is left at any moment and gone on with finds bit by bit what one without a break does.
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/partition/partition.hpp"

#include "pauses.hpp"
#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

namespace fleetsne::neighbors {
namespace {

using comm::Communicator;

/// What was seen of a search, by name.
using Kept = std::map<std::string, std::vector<std::byte>>;

struct Left : base::Error {
  Left() : Error(base::ErrorKind::stopped, "left") {}
};

class Resume : public testing::TestWithParam<NeighborsConfig> {
 protected:
  void SetUp() override {
    config_ = GetParam();
    data::DistributedMatrix<float> input = test::block_of(comm_, points());
    auto placed = partition::partition_rows(comm_, std::move(input), {}, log_);
    rows_ = std::move(placed.rows);
    permutation_ = std::move(placed.permutation);
  }

  /// Clusters, a tenth of the points twice.
  static base::Matrix<float> points() {
    auto all = test::clustered_points(2000, 8);
    for (std::size_t i = 0; i < all.rows(); i += 10) std::ranges::copy(all.row(i), all.row(i + 1).begin());
    return all;
  }

  Neighbors search(const Watch& watch) {
    return find_neighbors(comm_, rows_, permutation_, config_, log_, watch);
  }

  /// Searches on from `kept`, if there is any, until a rank has wished so often. Then `kept` is what was
  /// seen; else the search has ended.
  std::optional<Neighbors> search_for_a_while(std::optional<Kept>& kept, int wishes) {
    int asked = 0;
    std::optional<Kept> seen;
    Watch watch{.wish = [&] { return comm_.rank() + 1 == comm_.size() && ++asked >= wishes ? 2 : 0; },
                .see =
                    [&](int wish, std::span<const Part> parts) {
                      EXPECT_EQ(wish, 2);
                      seen.emplace();
                      for (const Part& part : parts)
                        (*seen)[part.name].assign(part.bytes.begin(), part.bytes.end());
                      throw Left();
                    },
                .pace = 0};
    if (kept)
      watch.earlier = [&](std::span<const Part> parts) {
        for (const Part& part : parts) {
          const auto& from = kept->at(part.name);
          ASSERT_EQ(from.size(), part.bytes.size()) << part.name;
          std::ranges::copy(from, part.bytes.begin());
        }
      };
    try {
      return search(watch);
    } catch (const Left&) {
      kept = std::move(seen);
      return std::nullopt;
    }
  }

  void expect_same(const Neighbors& found, const Neighbors& whole) {
    EXPECT_TRUE(std::ranges::equal(found.graph.columns.elements(), whole.graph.columns.elements()));
    EXPECT_TRUE(std::ranges::equal(found.graph.squared_distances.elements(),
                                   whole.graph.squared_distances.elements()));
    EXPECT_TRUE(std::ranges::equal(found.graph.ghosts.ids(), whole.graph.ghosts.ids()));
    EXPECT_EQ(found.stats.recall, whole.stats.recall);
    EXPECT_EQ(found.stats.distance_evaluations, whole.stats.distance_evaluations);
    EXPECT_EQ(found.stats.routing_evaluations, whole.stats.routing_evaluations);
    EXPECT_EQ(found.stats.ranks_searched_mean, whole.stats.ranks_searched_mean);
  }

  Communicator comm_ = Communicator::world();
  base::Log log_;
  NeighborsConfig config_;
  data::DistributedMatrix<float> rows_;
  data::Permutation permutation_;
};

TEST_P(Resume, FromAnyMomentFindsWhatASearchWithoutABreakDoes) {
  const Neighbors whole = search({});
  int moments = 0;
  std::optional<Neighbors> found;
  for (int wishes = 1; !found; ++wishes, ++moments) {
    std::optional<Kept> kept;
    found = search_for_a_while(kept, wishes);
    if (!found)
      expect_same(search({.earlier =
                              [&](std::span<const Part> parts) {
                                for (const Part& part : parts)
                                  std::ranges::copy(kept->at(part.name), part.bytes.begin());
                              }}),
                  whole);
    if (wishes > 4) wishes += wishes / 2;  // not all of the many there may be
  }
  expect_same(*found, whole);
  EXPECT_GE(moments, 2);
}

TEST_P(Resume, InManySteps) {
  const Neighbors whole = search({});
  std::optional<Kept> kept;
  std::optional<Neighbors> found;
  int steps = 0;
  // Every step gets a little further: else it would be left where it was, again and again.
  for (; !found; ++steps) found = search_for_a_while(kept, 3 + steps / 2);
  expect_same(*found, whole);
  EXPECT_GE(steps, 2);
}

TEST_P(Resume, SeeingChangesNothing) {
  const Neighbors whole = search({});
  int seen = 0, asked = 0;
  const Watch watch{.wish = [&] { return ++asked % 3 == 0 ? 1 : 0; },
                    .see = [&](int, std::span<const Part>) { ++seen; },
                    .pace = 0};
  expect_same(search(watch), whole);
  EXPECT_GE(seen, 1);
}

TEST(Pauses, RanksThatAreDoneComeAlong) {
  const auto comm = Communicator::world();
  const bool last = comm.rank() + 1 == comm.size();
  int asked = 0, shown = 0;
  bool left = false;
  const Watch watch{.wish = [&] { return ++asked == 7 && last ? 5 : 0; }, .see = {}, .pace = 0};
  Pauses pauses(comm, watch, [&](int wish) {
    EXPECT_EQ(wish, 5);
    ++shown;
  });
  const base::Stopwatch watched;
  // The last rank is not done before it has been asked to leave.
  pauses.run([&](const auto& leave) {
    while (last && !left && watched.seconds() < 30) left = leave();
    return !left || shown == 1;
  });
  EXPECT_EQ(shown, 1);
  EXPECT_EQ(left, last);
}

TEST(Pauses, AFailureOfOneRankIsThatOfAll) {
  const auto comm = Communicator::world();
  const Watch watch{.wish = [] { return 0; }, .see = {}, .pace = 0};
  Pauses pauses(comm, watch, [](int) { FAIL() << "nobody has asked for that"; });
  const base::Stopwatch watched;
  bool left = false;
  try {
    pauses.run([&](const auto& leave) {
      if (comm.rank() == 0) throw base::InputError("no luck");
      while (!left && watched.seconds() < 30) left = leave();
      return !left;
    });
    FAIL() << "it ended well";
  } catch (const comm::AgreedError& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::input);
    EXPECT_STREQ(error.what(), "no luck");
  }
  EXPECT_EQ(left, comm.rank() != 0);
}

NeighborsConfig config_of(Backend backend, std::size_t k) {
  return {.backend = backend, .count = k, .recall_sample = 200, .round = 128};
}

std::string name_of(const testing::TestParamInfo<NeighborsConfig>& info) {
  return (info.param.backend == Backend::exact ? "Exact" : "Hnsw") + std::to_string(info.param.count);
}

INSTANTIATE_TEST_SUITE_P(Searches, Resume,
                         testing::Values(config_of(Backend::hnsw, 15), config_of(Backend::hnsw, 70),
                                         config_of(Backend::exact, 15)),
                         name_of);

}  // namespace
}  // namespace fleetsne::neighbors
