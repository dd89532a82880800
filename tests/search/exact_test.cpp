// Exact search against brute force written as plainly as can be, and against itself on one rank.
#include "fleetsne/search/exact.hpp"

#include "fleetsne/base/random.hpp"
#include "fleetsne/search/distance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace fleetsne {
namespace {

using base::GlobalIndex;

base::Matrix<float> normal_rows(std::size_t n, std::size_t d, double offset = 0) {
  const base::Random random(5, base::Stream::test);
  auto rows = base::padded_matrix<float>(n, d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      const auto draw = static_cast<std::uint32_t>(j);
      rows(i, j) = static_cast<float>(offset + random.normal_pair(static_cast<GlobalIndex>(i), draw).first);
    }
  }
  return rows;
}

/// Coordinates 0, 1 or 2: most distances occur many times over.
base::Matrix<float> grid_rows(std::size_t n, std::size_t d) {
  const base::Random random(6, base::Stream::test);
  auto rows = base::padded_matrix<float>(n, d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      rows(i, j) =
          static_cast<float>(random.bits(static_cast<GlobalIndex>(i), static_cast<std::uint32_t>(j)) % 3);
    }
  }
  return rows;
}

struct Case {
  data::DistributedMatrix<float> rows;
  std::vector<GlobalIndex> origins;
};

/// This rank's block of the rows in an order that is not the input's: origin of working row w is (w * 7 + 3)
/// mod n.
Case distribute(const comm::Communicator& comm, const base::Matrix<float>& all) {
  const auto n = static_cast<GlobalIndex>(all.rows());
  EXPECT_NE(n % 7, 0);
  Case c;
  c.rows.rows = data::RowDistribution::balanced(n, comm.size());
  c.rows.local =
      base::padded_matrix<float>(static_cast<std::size_t>(c.rows.rows.count(comm.rank())), all.columns());
  for (GlobalIndex w = c.rows.rows.begin(comm.rank()); w < c.rows.rows.end(comm.rank()); ++w) {
    const GlobalIndex origin = (w * 7 + 3) % n;
    std::ranges::copy(all.row(static_cast<std::size_t>(origin)), c.rows.local.row(c.origins.size()).begin());
    c.origins.push_back(origin);
  }
  return c;
}

/// Origins of the k nearest rows by (distance, origin).
std::vector<GlobalIndex> brute_force(const base::Matrix<float>& all, std::size_t query, std::size_t k) {
  std::vector<std::pair<float, GlobalIndex>> found;
  for (std::size_t i = 0; i < all.rows(); ++i) {
    if (i == query) continue;
    const float d = search::squared_distance(all.row(query).data(), all.row(i).data(), all.stride());
    found.emplace_back(d, static_cast<GlobalIndex>(i));
  }
  std::ranges::sort(found);
  std::vector<GlobalIndex> result;
  for (std::size_t i = 0; i < k; ++i) result.push_back(found[i].second);
  return result;
}

void expect_brute_force(const base::Matrix<float>& all, std::size_t k) {
  const auto comm = comm::Communicator::world();
  const Case c = distribute(comm, all);
  const auto found = search::exact_neighbors(comm, c.rows, c.origins, c.rows.local.view(), c.origins, k);
  for (std::size_t i = 0; i < c.origins.size(); i += 3) {
    const auto expected = brute_force(all, static_cast<std::size_t>(c.origins[i]), k);
    ASSERT_TRUE(std::ranges::equal(expected, found.origins.row(i))) << "row " << c.origins[i];
  }
  const auto self = comm::Communicator::self();
  const Case whole = distribute(self, all);
  const auto alone =
      search::exact_neighbors(self, whole.rows, whole.origins, whole.rows.local.view(), whole.origins, k);
  const auto begin = static_cast<std::size_t>(c.rows.rows.begin(comm.rank()));
  for (std::size_t i = 0; i < c.origins.size(); ++i) {
    ASSERT_TRUE(std::ranges::equal(alone.rows.row(begin + i), found.rows.row(i)));
    ASSERT_TRUE(std::ranges::equal(alone.origins.row(begin + i), found.origins.row(i)));
    ASSERT_TRUE(std::ranges::equal(alone.squared_distances.row(begin + i), found.squared_distances.row(i)));
  }
}

TEST(SquaredDistance, IsTheSumOfSquaresEitherWayRound) {
  for (const std::size_t d : {1, 15, 16, 17, 48, 100}) {
    const auto rows = normal_rows(2, d);
    double expected = 0;
    for (std::size_t j = 0; j < d; ++j) {
      const double difference = static_cast<double>(rows(0, j)) - static_cast<double>(rows(1, j));
      expected += difference * difference;
    }
    const float there = search::squared_distance(rows.row(0).data(), rows.row(1).data(), rows.stride());
    EXPECT_NEAR(there, expected, 1e-5 * expected);
    EXPECT_EQ(there, search::squared_distance(rows.row(1).data(), rows.row(0).data(), rows.stride()));
  }
}

TEST(ExactNeighbors, EqualBruteForceAtAnyRankCount) {
  expect_brute_force(normal_rows(1500, 50), 20);
}

TEST(ExactNeighbors, TiesGoToTheSmallerInputIndex) {
  expect_brute_force(grid_rows(1201, 6), 30);
}

// The matrix products of rows far from the origin would cancel to nothing.
TEST(ExactNeighbors, RowsFarFromTheOriginAreToldApart) {
  expect_brute_force(normal_rows(1000, 20, 1e5), 10);
}

TEST(ExactNeighbors, EqualRowsAreFoundInInputOrder) {
  auto rows = base::padded_matrix<float>(1000, 3);
  for (float& x : rows.elements()) x = 0;
  expect_brute_force(rows, 12);
}

TEST(ExactNeighbors, AllOtherRowsMayBeAskedFor) {
  expect_brute_force(normal_rows(5, 2), 4);
}

TEST(ExactNeighbors, QueriesNeedNotBeRowsAndARankMayHaveNone) {
  const auto comm = comm::Communicator::world();
  const auto all = normal_rows(300, 10);
  const Case c = distribute(comm, all);
  const bool asks = comm.rank() == comm.size() - 1;
  const auto queries = base::padded_matrix<float>(asks ? 3 : 0, 10);  // zeros
  const std::vector<GlobalIndex> skip(queries.rows(), -1);
  const auto found = search::exact_neighbors(comm, c.rows, c.origins, queries.view(), skip, 5);
  ASSERT_EQ(found.rows.rows(), queries.rows());
  std::vector<std::pair<float, GlobalIndex>> expected;
  const auto zero = base::padded_matrix<float>(1, 10);
  for (std::size_t i = 0; i < all.rows(); ++i) {
    const float d = search::squared_distance(zero.row(0).data(), all.row(i).data(), all.stride());
    expected.emplace_back(d, static_cast<GlobalIndex>(i));
  }
  std::ranges::sort(expected);
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(found.origins(q, i), expected[i].second);
      EXPECT_EQ(found.squared_distances(q, i), expected[i].first);
    }
  }
}

}  // namespace
}  // namespace fleetsne
