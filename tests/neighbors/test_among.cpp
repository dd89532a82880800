// Queries that are not among the rows, against every pair in float64.
#include "fleetsne/neighbors/nearest_among.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::neighbors {
namespace {

using comm::Communicator;

double squared(std::span<const float> a, std::span<const float> b, Metric metric) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    const double d = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    sum += metric == Metric::manhattan ? std::abs(d) : d * d;
  }
  return metric == Metric::manhattan ? sum * sum : sum;
}

TEST(NearestAmong, AreThoseThatEveryPairGives) {
  const auto comm = Communicator::world();
  const auto rows = test::clustered_points(1300, 7), others = test::clustered_points(1700, 7, 3);
  const auto among = test::block_of(comm, rows), queries = test::block_of(comm, others);
  for (const Metric metric : {Metric::euclidean, Metric::manhattan}) {
    for (const std::size_t k : {1, 6}) {
      const auto found = nearest_among(comm, among, queries.local.view(), k, metric);
      std::size_t wrong = 0;
      for (std::size_t q = 0; q < queries.local.rows(); q += 7) {
        std::vector<double> expected;
        for (std::size_t i = 0; i < rows.rows(); ++i)
          expected.push_back(squared(queries.local.row(q), rows.row(i), metric));
        std::vector<double> nearest(k);
        std::partial_sort_copy(expected.begin(), expected.end(), nearest.begin(), nearest.end());
        for (std::size_t j = 0; j < k; ++j) {
          const double own = expected[static_cast<std::size_t>(found.rows(q, j))];
          if (std::abs(own - nearest[j]) > 1e-4 * nearest[j] ||
              std::abs(static_cast<double>(found.squared_distances(q, j)) - own) > 1e-4 * own)
            ++wrong;
        }
      }
      EXPECT_EQ(wrong, 0U) << k;
    }
  }
}

TEST(NearestAmong, RowsThemselvesAreTheirOwnNearestAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto all = test::clustered_points(900, 5);
  const auto rows = test::block_of(comm, all);
  const auto found = nearest_among(comm, rows, rows.local.view(), 1, Metric::euclidean);
  for (std::size_t q = 0; q < rows.local.rows(); ++q) {
    EXPECT_EQ(found.rows(q, 0), rows.rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(q));
    EXPECT_EQ(found.squared_distances(q, 0), 0.F);
  }
}

TEST(NearestAmong, SkipsBlocksThatCannotBeNear) {
  const auto comm = Communicator::world();
  // Clusters one after the other, far apart: queries of one are compared with its blocks alone.
  auto all = base::padded_matrix<float>(3200, 4);
  const auto scatter = test::clustered_points(3200, 4, 1);
  for (std::size_t i = 0; i < 3200; ++i) {
    const std::size_t cluster = i / 320;
    for (std::size_t j = 0; j < 4; ++j) all(i, j) = scatter(i, j);
    all(i, 0) += 1000.F * static_cast<float>(cluster);
  }
  const auto rows = test::block_of(comm, all);
  const auto found = nearest_among(comm, rows, rows.local.view(), 3, Metric::euclidean);
  EXPECT_LT(found.distance_evaluations, 3200 * 3200 / 4);
}

}  // namespace
}  // namespace fleetsne::neighbors
