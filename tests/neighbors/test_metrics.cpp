// Metrics against plain float64, by exact search and by the index.
#include "fleetsne/base/error.hpp"

#include "neighbors/found_lists.hpp"
#include "support/small_data.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace fleetsne::neighbors {
namespace {

using comm::Communicator;
using test::block_of;
using Row = std::span<const float>;
using Distance = std::function<double(Row, Row)>;

double product(Row a, Row b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return sum;
}

double manhattan(Row a, Row b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j)
    sum += std::abs(static_cast<double>(a[j]) - static_cast<double>(b[j]));
  return sum;
}

double correlation(Row a, Row b) {
  const auto centred = [](Row row) {
    double mean = 0;
    for (const float x : row) mean += static_cast<double>(x) / static_cast<double>(row.size());
    std::vector<double> result;
    for (const float x : row) result.push_back(static_cast<double>(x) - mean);
    return result;
  };
  const auto x = centred(a), y = centred(b);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    xy += x[j] * y[j];
    xx += x[j] * x[j];
    yy += y[j] * y[j];
  }
  return 1 - xy / std::sqrt(xx * yy);
}

double longest(const base::Matrix<float>& all) {
  double most = 0;
  for (std::size_t i = 0; i < all.rows(); ++i) most = std::max(most, product(all.row(i), all.row(i)));
  return most;
}

struct Case {
  Metric metric;
  Distance squared;  ///< what squared_distances are to hold
  double tolerance;  ///< of them, absolute
};

std::vector<Case> cases_for(const base::Matrix<float>& all) {
  const double most = longest(all);
  return {{Metric::manhattan, [](Row a, Row b) { return std::pow(manhattan(a, b), 2); }, 2e-3},
          {Metric::correlation, [](Row a, Row b) { return std::pow(correlation(a, b), 2); }, 1e-5},
          {Metric::inner_product, [most](Row a, Row b) { return product(a, a) + most - 2 * product(a, b); },
           1e-5 * most}};
}

TEST(Metrics, ExactSearchFindsWhatFloat64Finds) {
  const auto comm = Communicator::world();
  const auto all = test::clustered_points(500, 9, 4);
  constexpr std::size_t k = 12;
  for (const Case& one : cases_for(all)) {
    SCOPED_TRACE(static_cast<int>(one.metric));
    NeighborsConfig config{.backend = Backend::exact, .metric = one.metric, .count = k};
    const auto found = test::find(comm, block_of(comm, all), config);
    test::expect_well_formed(found, k);
    for (std::size_t i = 0; i < found.rows.size(); i += 3) {
      const auto row = static_cast<std::size_t>(found.rows[i]);
      std::vector<double> expected;
      for (std::size_t j = 0; j < all.rows(); ++j)
        if (j != row) expected.push_back(one.squared(all.row(row), all.row(j)));
      std::ranges::sort(expected);
      for (std::size_t j = 0; j < k; ++j) {
        const auto near = static_cast<std::size_t>(found.neighbors[i][j]);
        EXPECT_NEAR(found.squared_distances[i][j], expected[j], one.tolerance);
        EXPECT_NEAR(one.squared(all.row(row), all.row(near)), expected[j], one.tolerance);
      }
    }
  }
}

TEST(Metrics, TheIndexFindsNearlyAll) {
  const auto comm = Communicator::world();
  const auto all = test::clustered_points(2500, 12);
  for (const Case& one : cases_for(all)) {
    SCOPED_TRACE(static_cast<int>(one.metric));
    for (const std::size_t k : {15, 45}) {
      NeighborsConfig config{.backend = Backend::exact, .metric = one.metric, .count = k};
      const auto exact = test::find(comm, block_of(comm, all), config);
      config.backend = Backend::hnsw;
      const auto found = test::find(comm, block_of(comm, all), config);
      test::expect_well_formed(found, k);
      const double recall = test::recall(comm, found, exact);
      EXPECT_GE(recall, 0.97) << k;
      EXPECT_NEAR(found.stats.recall, recall, 0.02) << k;
    }
  }
}

TEST(Metrics, CopiesAreNearToWhatTheyPointAt) {
  const auto comm = Communicator::world();
  auto all = test::clustered_points(600, 5);
  for (std::size_t i = 300; i < 600; ++i) std::ranges::copy(all.row(i - 300), all.row(i).begin());
  for (const Case& one : cases_for(all)) {
    SCOPED_TRACE(static_cast<int>(one.metric));
    NeighborsConfig config{.backend = Backend::exact, .metric = one.metric, .count = 9};
    const auto exact = test::find(comm, block_of(comm, all), config);
    config.backend = Backend::hnsw;
    const auto found = test::find(comm, block_of(comm, all), config);
    test::expect_well_formed(found, 9);
    EXPECT_GE(test::recall(comm, found, exact), 0.97);
  }
}

TEST(Metrics, ConstantRowsAreFoundOnAllRanksAndCorrelateWithNothing) {
  const auto comm = Communicator::world();
  auto all = test::clustered_points(40, 3);
  std::ranges::fill(all.row(11), 0.1F);
  const auto found = find_undirected(comm, block_of(comm, all), Metric::correlation);
  EXPECT_EQ(found.count, 1);
  EXPECT_EQ(found.first, std::vector<base::GlobalIndex>{11});
  const auto adapted = adapt_rows(comm, block_of(comm, all), Metric::correlation);
  for (std::size_t i = 0; i < adapted.local.rows(); ++i) {
    const bool constant = adapted.rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i) == 11;
    for (const float x : adapted.local.row(i)) ASSERT_TRUE(!constant || x == 0) << x;
  }
}

}  // namespace
}  // namespace fleetsne::neighbors
