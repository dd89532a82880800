// Both backends against brute force written as plainly as can be: the exact one to the last bit, hnsw by
// recall.
#include "fleetsne/base/error.hpp"

#include "neighbors/found_lists.hpp"
#include "support/small_data.hpp"

#include <cmath>

namespace fleetsne {
namespace {

using base::GlobalIndex;
using comm::Communicator;
using neighbors::Backend;
using neighbors::Metric;
using test::block_of;
using test::find;

neighbors::NeighborsConfig search_by(Backend backend, std::size_t k) {
  neighbors::NeighborsConfig config;
  config.backend = backend;
  config.count = k;
  return config;
}

/// The k nearest of one row by (distance, index), `distance(a, b)` of two rows.
template <class Distance>
std::vector<std::pair<float, GlobalIndex>> brute_force(const base::Matrix<float>& all, GlobalIndex of,
                                                       std::size_t k, Distance&& distance) {
  std::vector<std::pair<float, GlobalIndex>> result;
  const auto row = all.row(static_cast<std::size_t>(of));
  for (std::size_t j = 0; j < all.rows(); ++j) {
    if (static_cast<GlobalIndex>(j) != of)
      result.emplace_back(distance(row, all.row(j)), static_cast<GlobalIndex>(j));
  }
  std::ranges::sort(result);
  result.resize(k);
  return result;
}

float squared_difference(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

/// Small whole numbers, so that distances are exact in float32 and most occur many times over.
base::Matrix<float> rows_with_ties(std::size_t n, std::size_t d) {
  const base::Random random(6, base::Stream::test);
  auto rows = base::padded_matrix<float>(n, d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j)
      rows(i, j) =
          static_cast<float>(random.bits(static_cast<GlobalIndex>(i), static_cast<std::uint32_t>(j)) % 4);
  }
  return rows;
}

TEST(ExactBackend, EqualsBruteForceWithTiesByInputIndexAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto all = rows_with_ties(901, 6);
  const auto found = find(comm, block_of(comm, all), search_by(Backend::exact, 25));
  test::expect_well_formed(found, 25);
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const auto expected = brute_force(all, found.rows[i], 25, squared_difference);
    for (std::size_t j = 0; j < 25; ++j) {
      ASSERT_EQ(found.neighbors[i][j], expected[j].second) << "row " << found.rows[i] << ", neighbour " << j;
      ASSERT_EQ(found.squared_distances[i][j], expected[j].first);
    }
  }
  EXPECT_EQ(found.stats.recall, 1);
  EXPECT_EQ(found.stats.distance_evaluations, 901 * 901);
}

TEST(ExactBackend, IsTakenForSmallDataAndTheIndexForLarge) {
  const auto comm = Communicator::world();
  const auto small =
      find(comm, block_of(comm, test::clustered_points(500, 4)), search_by(Backend::automatic, 10));
  EXPECT_EQ(small.stats.backend, Backend::exact);
  const auto large =
      find(comm, block_of(comm, test::clustered_points(5001, 4)), search_by(Backend::automatic, 10));
  EXPECT_EQ(large.stats.backend, Backend::hnsw);
  EXPECT_GE(large.stats.recall, 0.99);
}

TEST(Cosine, DistancesAreSquaredCosineDistances) {
  const auto comm = Communicator::world();
  const auto all = test::clustered_points(700, 9, 4);
  auto config = search_by(Backend::exact, 15);
  config.metric = Metric::cosine;
  const auto found = find(comm, block_of(comm, all), config);
  const auto cosine_distance = [](std::span<const float> a, std::span<const float> b) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
      const auto x = static_cast<double>(a[j]), y = static_cast<double>(b[j]);
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return static_cast<float>(1 - ab / std::sqrt(aa * bb));
  };
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const auto expected = brute_force(all, found.rows[i], 15, cosine_distance);
    for (std::size_t j = 0; j < 15; ++j)
      ASSERT_NEAR(std::sqrt(found.squared_distances[i][j]), expected[j].first, 2e-6);
  }
}

TEST(Cosine, RowsWithoutDirectionAreCountedOnAllRanks) {
  const auto comm = Communicator::world();
  auto all = test::clustered_points(40, 3);
  for (const std::size_t i : {1, 5, 8, 13, 21, 37}) std::ranges::fill(all.row(i), 0.F);
  const auto found = find_undirected(comm, block_of(comm, all), Metric::cosine);
  EXPECT_EQ(found.count, 6);
  EXPECT_EQ(found.first, (std::vector<base::GlobalIndex>{1, 5, 8, 13, 21}));
  EXPECT_EQ(find_undirected(comm, block_of(comm, all), Metric::euclidean).count, 0);
}

TEST(Hnsw, FindsNearlyAllAndSaysHowManyItMissed) {
  const auto comm = Communicator::world();
  const auto all = test::clustered_points(6000, 12);
  const auto exact = find(comm, block_of(comm, all), search_by(Backend::exact, 45));
  auto config = search_by(Backend::hnsw, 45);
  config.recall_sample = 6000;
  const auto found = find(comm, block_of(comm, all), config);
  test::expect_well_formed(found, 45);
  const double recall = test::recall(comm, found, exact);
  EXPECT_GE(recall, 0.99);
  EXPECT_EQ(found.stats.recall_points, 6000);
  EXPECT_NEAR(found.stats.recall, recall, 1e-9);
  EXPECT_GE(found.stats.ranks_searched_mean, 1);
  EXPECT_LE(found.stats.ranks_searched_max, comm.size());
  EXPECT_LT(found.stats.distance_evaluations, 6000 * 6000);
  EXPECT_LT(found.stats.routing_evaluations, found.stats.distance_evaluations);
  EXPECT_EQ(found.stats.routing_evaluations > 0, comm.size() > 1);
  EXPECT_EQ(found.stats.routing_seconds > 0, comm.size() > 1);
}

TEST(Hnsw, RecallIsMeasuredOnAtLeastTwoHundredPoints) {
  const auto comm = Communicator::world();
  auto config = search_by(Backend::hnsw, 10);
  config.recall_sample = 200;
  const auto found = find(comm, block_of(comm, test::clustered_points(3000, 5)), config);
  EXPECT_GE(found.stats.recall_points, 200);
  EXPECT_LE(found.stats.recall_points, 400);
}

// The search must be seen to miss where it looks at too little: a measure that cannot fall is
// none.
TEST(Hnsw, AStarvedIndexIsReportedAsSuch) {
  const auto comm = Communicator::world();
  auto config = search_by(Backend::hnsw, 100);
  config.links = 2;
  config.ef_construction = 2;
  config.aim = 0;
  config.recall_sample = 3000;
  const auto all = test::clustered_points(9000 * static_cast<std::size_t>(comm.size()), 40);
  const auto found = find(comm, block_of(comm, all), config);
  EXPECT_LT(found.stats.recall, 0.95);
}

TEST(Hnsw, APointRepeatedAThousandTimesHasNoSelfEdgeAndLosesNobody) {
  const auto comm = Communicator::world();
  auto all = test::clustered_points(4000, 8);
  for (std::size_t i = 0; i < 1000; ++i) std::ranges::copy(all.row(3), all.row(4 * i + 3).begin());
  const auto found = find(comm, block_of(comm, all), search_by(Backend::hnsw, 60));
  test::expect_well_formed(found, 60);
  const auto exact = find(comm, block_of(comm, all), search_by(Backend::exact, 60));
  EXPECT_GE(test::recall(comm, found, exact), 0.99);
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    if (found.rows[i] % 4 != 3) continue;
    ASSERT_EQ(found.squared_distances[i].back(), 0.F) << "999 others are equal";
  }
}

TEST(Hnsw, ShortListsOfRowsThatAreThereEightTimes) {
  const auto comm = Communicator::world();
  auto all = test::clustered_points(16000, 12);
  for (std::size_t i = 0; i < all.rows(); ++i) std::ranges::copy(all.row(i - i % 8), all.row(i).begin());
  const auto found = find(comm, block_of(comm, all), search_by(Backend::hnsw, 15));
  test::expect_well_formed(found, 15);
  EXPECT_GE(found.stats.recall, 0.99);
}

TEST(Hnsw, MoreNeighboursThanDistinctPoints) {
  const auto comm = Communicator::world();
  const auto distinct = test::clustered_points(7, 5);
  auto all = base::padded_matrix<float>(350, 5);
  for (std::size_t i = 0; i < 350; ++i) std::ranges::copy(distinct.row(i % 7), all.row(i).begin());
  const auto found = find(comm, block_of(comm, all), search_by(Backend::hnsw, 120));
  const auto exact = find(comm, block_of(comm, all), search_by(Backend::exact, 120));
  test::expect_well_formed(found, 120);
  EXPECT_EQ(found.neighbors, exact.neighbors);
  EXPECT_EQ(found.squared_distances, exact.squared_distances);
}

TEST(Hnsw, AllOtherRowsMayBeAskedFor) {
  const auto comm = Communicator::world();
  const auto all = test::clustered_points(60, 3);
  const auto found = find(comm, block_of(comm, all), search_by(Backend::hnsw, 59));
  const auto exact = find(comm, block_of(comm, all), search_by(Backend::exact, 59));
  test::expect_well_formed(found, 59);
  EXPECT_EQ(found.neighbors, exact.neighbors);
}

TEST(Hnsw, TheSameTwice) {
  const auto comm = Communicator::world();
  const auto input = block_of(comm, test::clustered_points(5000, 10));
  const auto first = find(comm, input, search_by(Backend::hnsw, 30));
  const auto second = find(comm, input, search_by(Backend::hnsw, 30));
  EXPECT_EQ(first.neighbors, second.neighbors);
  EXPECT_EQ(first.squared_distances, second.squared_distances);
  EXPECT_EQ(first.stats.distance_evaluations, second.stats.distance_evaluations);
}

TEST(Hnsw, TheSameInSmallMessages) {
  const auto comm = Communicator::world();
  const auto input = block_of(comm, test::clustered_points(2500, 6));
  const auto whole = find(comm, input, search_by(Backend::hnsw, 20));
  const std::size_t limit = Communicator::message_limit();
  Communicator::set_message_limit(1024);
  const auto pieces = find(comm, input, search_by(Backend::hnsw, 20));
  Communicator::set_message_limit(limit);
  EXPECT_EQ(whole.neighbors, pieces.neighbors);
}

/// Clusters 100 apart, one after the other: each lies within one rank or is cut once.
base::Matrix<float> far_clusters(std::size_t clusters, std::size_t each) {
  const base::Random random(2, base::Stream::test);
  auto rows = base::padded_matrix<float>(clusters * each, 8);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = 0; j < 8; ++j) {
      const auto id = static_cast<GlobalIndex>(i);
      const double centre =
          100 * random.uniform(-1 - static_cast<GlobalIndex>(i % clusters), static_cast<std::uint32_t>(j));
      rows(i, j) = static_cast<float>(centre + random.normal_pair(id, static_cast<std::uint32_t>(j)).first);
    }
  }
  return rows;
}

TEST(Router, PointsGoOnlyToRanksThatCanHoldTheirNeighbours) {
  const auto comm = Communicator::world();
  const auto found = find(comm, block_of(comm, far_clusters(48, 150)), search_by(Backend::hnsw, 30));
  EXPECT_GE(found.stats.recall, 0.99);
  EXPECT_LE(found.stats.ranks_searched_mean, 1.5);
}

}  // namespace
}  // namespace fleetsne
