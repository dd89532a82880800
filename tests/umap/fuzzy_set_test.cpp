#include "fleetsne/umap/fuzzy_set.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace fleetsne::umap {
namespace {

using comm::Communicator;

/// umap-learn's smooth_knn_dist and compute_membership_strengths for one point, by its own bisection, the
/// point itself in front at distance 0.
std::vector<double> bisected_memberships(const std::vector<float>& squared, double mean_all) {
  std::vector<double> distances{0};
  for (const float value : squared) distances.push_back(std::sqrt(static_cast<double>(value)));
  const double target = std::log2(static_cast<double>(distances.size()));
  double rho = 0, mean = 0, low = 0, high = INFINITY, sigma = 1;
  for (const double d : distances) {
    if (rho == 0) rho = d;
    mean += d / static_cast<double>(distances.size());
  }
  for (int step = 0; step < 64; ++step) {
    double sum = 0;
    for (std::size_t j = 1; j < distances.size(); ++j)
      sum += distances[j] > rho ? std::exp(-(distances[j] - rho) / sigma) : 1;
    if (std::fabs(sum - target) < 1e-5) break;
    (sum > target ? high : low) = sigma;
    sigma = std::isinf(high) ? 2 * sigma : (low + high) / 2;
  }
  sigma = std::max(sigma, 1e-3 * (rho > 0 ? mean : mean_all));
  std::vector<double> result;
  for (std::size_t j = 1; j < distances.size(); ++j)
    result.push_back(distances[j] <= rho || sigma == 0 ? 1 : std::exp(-(distances[j] - rho) / sigma));
  return result;
}

void expect_memberships(std::vector<float> squared, double mean_all = 0.5) {
  const auto expected = bisected_memberships(squared, mean_all);
  memberships(squared, mean_all);
  for (std::size_t j = 0; j < squared.size(); ++j)
    EXPECT_NEAR(static_cast<double>(squared[j]), expected[j], 2e-5) << "neighbour " << j;
}

TEST(Memberships, AreThoseOfUmapLearnsBisection) {
  expect_memberships({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14});
  expect_memberships({0.01F, 0.02F, 4, 4, 4.1F, 5, 7, 90});
  expect_memberships({1e8F, 1.1e8F, 1.2e8F, 1.5e8F, 1.6e8F});
  expect_memberships({1e-9F, 2e-9F, 2.5e-9F, 6e-9F, 1e-8F});
  expect_memberships({3});
  expect_memberships({3, 5});
}

TEST(Memberships, CopiesAndEqualDistancesAreNoErrors) {
  expect_memberships({0, 0, 1, 2, 3, 4});
  expect_memberships({0, 0, 0, 0, 0, 0, 0, 1});
  expect_memberships({0, 0, 0, 0});
  expect_memberships({2, 2, 2, 2, 2});
  expect_memberships({0, 0, 0, 0}, 0);
}

TEST(Memberships, SumToTheLogarithmOfTheNeighboursItselfCounted) {
  std::vector<float> values;
  for (int j = 1; j <= 14; ++j) values.push_back(static_cast<float>(j * j));
  memberships(values, 1);
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  EXPECT_NEAR(sum, std::log2(15.0), 1e-5);
  EXPECT_EQ(values[0], 1.F);
}

/// The whole fuzzy set, dense, from memberships by bisection.
std::vector<std::vector<double>> dense_set(const base::Matrix<float>& whole, std::size_t k) {
  const auto graph = test::brute_force_graph(Communicator::self(), whole, k);
  const std::size_t n = whole.rows();
  double mean = 0;
  for (const float squared : graph.squared_distances.elements())
    mean += std::sqrt(static_cast<double>(squared)) / static_cast<double>(n * (k + 1));
  std::vector<std::vector<double>> directed(n, std::vector<double>(n, 0)), result = directed;
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = graph.squared_distances.row(i);
    const auto values = bisected_memberships({row.begin(), row.end()}, mean);
    for (std::size_t j = 0; j < k; ++j)
      directed[i][static_cast<std::size_t>(graph.columns(i, j))] = values[j];
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j)
      result[i][j] = directed[i][j] + directed[j][i] - directed[i][j] * directed[j][i];
  }
  return result;
}

base::Matrix<float> points_with_copies() {
  auto whole = test::clustered_points(157, 6);
  for (const std::size_t i : {20, 40, 41, 42, 100}) std::ranges::copy(whole.row(3), whole.row(i).begin());
  return whole;
}

TEST(FuzzySet, IsTheUnionOfBothDirections) {
  const auto comm = Communicator::world();
  const auto whole = points_with_copies();
  const auto expected = dense_set(whole, 9);
  base::Log log;
  const auto set = fuzzy_set(comm, test::brute_force_graph(comm, whole, 9), log);
  const auto first = static_cast<std::size_t>(set.rows.begin(comm.rank()));
  for (std::size_t i = 0; i < set.local_rows(); ++i) {
    std::vector<double> row(whole.rows(), 0);
    base::GlobalIndex last = -1;
    for (std::size_t e = 0; e < set.row_columns(i).size(); ++e) {
      const base::GlobalIndex column = set.ghosts.row(set.row_columns(i)[e]);
      EXPECT_GT(column, last) << "a row's columns ascend, each once";
      EXPECT_GT(set.row_weights(i)[e], 0);
      last = column;
      row[static_cast<std::size_t>(column)] = static_cast<double>(set.row_weights(i)[e]);
    }
    for (std::size_t j = 0; j < whole.rows(); ++j) EXPECT_NEAR(row[j], expected[first + i][j], 4e-5);
  }
}

TEST(FuzzySet, IsBitwiseTheSameAtAnyRankCountAndSymmetric) {
  const auto comm = Communicator::world();
  const auto whole = points_with_copies();
  base::Log log;
  const auto mine = fuzzy_set(comm, test::brute_force_graph(comm, whole, 14), log);
  const auto alone =
      fuzzy_set(Communicator::self(), test::brute_force_graph(Communicator::self(), whole, 14), log);
  const auto first = static_cast<std::size_t>(mine.rows.begin(comm.rank()));
  for (std::size_t i = 0; i < mine.local_rows(); ++i) {
    const auto columns = mine.row_columns(i), all = alone.row_columns(first + i);
    ASSERT_EQ(columns.size(), all.size());
    for (std::size_t e = 0; e < columns.size(); ++e) {
      EXPECT_EQ(mine.ghosts.row(columns[e]), all[e]);
      EXPECT_EQ(mine.row_weights(i)[e], alone.row_weights(first + i)[e]);
    }
  }
  for (std::size_t i = 0; i < alone.local_rows(); ++i) {
    for (std::size_t e = 0; e < alone.row_columns(i).size(); ++e) {
      const auto back = static_cast<std::size_t>(alone.row_columns(i)[e]);
      const auto columns = alone.row_columns(back);
      const auto at = std::ranges::find(columns, static_cast<base::LocalIndex>(i)) - columns.begin();
      ASSERT_LT(at, static_cast<std::ptrdiff_t>(columns.size()));
      EXPECT_EQ(alone.row_weights(back)[static_cast<std::size_t>(at)], alone.row_weights(i)[e]);
    }
  }
}

}  // namespace
}  // namespace fleetsne::umap
