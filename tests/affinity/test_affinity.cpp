#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/affinity/bandwidth.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

namespace fleetsne::affinity {
namespace {

using comm::Communicator;

double entropy_of(std::span<const float> p) {
  double sum = 0;
  for (const float value : p) sum -= static_cast<double>(value) * std::log(static_cast<double>(value));
  return sum;
}

TEST(Bandwidth, EntropyIsLogPerplexityWhateverTheScale) {
  const auto points = test::clustered_points(400, 6);
  const auto graph = test::brute_force_graph(Communicator::self(), points, 90);
  for (const double perplexity : {2.0, 5.0, 30.0, 80.0}) {
    for (const float scale : {1e-20F, 1e-4F, 1.F, 1e6F, 1e20F}) {
      for (std::size_t i = 0; i < 400; i += 13) {
        std::vector<float> row(graph.squared_distances.row(i).begin(), graph.squared_distances.row(i).end());
        for (float& d : row) d *= scale;
        const double reported = conditional_affinities(row, perplexity);
        EXPECT_NEAR(reported, std::log(perplexity), 1e-5);
        EXPECT_NEAR(entropy_of(row), std::log(perplexity), 1e-4);
        EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1, 1e-5);
        EXPECT_TRUE(std::ranges::is_sorted(row, std::greater{}));
      }
    }
  }
}

/// The conditional probabilities by plain bisection in float64, one neighbour at a time.
std::vector<double> bisected(std::span<const float> squared, double perplexity) {
  std::vector<double> p(squared.size());
  double low = 0, high = 0, beta = 1 / (static_cast<double>(squared.back()) + 1e-300);
  for (int step = 0; step < 300; ++step) {
    double mass = 0, entropy = 0;
    for (std::size_t j = 0; j < p.size(); ++j) {
      p[j] = std::exp(-beta * (static_cast<double>(squared[j]) - static_cast<double>(squared[0])));
      mass += p[j];
    }
    for (double& value : p) {
      value /= mass;
      if (value > 0) entropy -= value * std::log(value);
    }
    (entropy > std::log(perplexity) ? low : high) = beta;
    beta = high == 0 ? 2 * beta : (low + high) / 2;
  }
  return p;
}

TEST(Bandwidth, IsWhatBisectionInFloat64Finds) {
  const auto points = test::clustered_points(600, 8);
  const auto graph = test::brute_force_graph(Communicator::self(), points, 453);
  for (const std::size_t k : {15, 16, 17, 90, 150, 453}) {
    for (const double share : {0.2, 1.0 / 3, 0.9}) {
      for (std::size_t i = 0; i < 600; i += 37) {
        const auto distances = graph.squared_distances.row(i).first(k);
        std::vector<float> row(distances.begin(), distances.end());
        const double perplexity = share * static_cast<double>(k);
        const auto expected = bisected(row, perplexity);
        conditional_affinities(row, perplexity);
        for (std::size_t j = 0; j < k; ++j)
          ASSERT_NEAR(static_cast<double>(row[j]), std::max(expected[j], 1e-20),
                      1e-5 * std::max(expected[j], 1e-20))
              << k << " " << share;
      }
    }
  }
}

TEST(Bandwidth, OneNeighbourFarOffLeavesTheOthersAsTheyAre) {
  std::vector<float> row{1, 1.1F, 1.2F, 1.3F, 1.5F, 1.7F, 1e12F};
  const auto expected = bisected(row, 3);
  EXPECT_NEAR(conditional_affinities(row, 3), std::log(3), 1e-5);
  for (std::size_t j = 0; j < 6; ++j)
    EXPECT_NEAR(static_cast<double>(row[j]), expected[j], 1e-5 * expected[j]);
  EXPECT_EQ(row[6], 1e-20F);
}

TEST(Bandwidth, HoldsOverTheWholeRangeOfFloats) {
  std::vector<float> row{0, 1e-44F, 2e-44F, 3e-44F, 1e-20F, 1, 1e20F, 3e38F};
  EXPECT_NEAR(conditional_affinities(row, 3), std::log(3), 1e-5);
  EXPECT_NEAR(entropy_of(row), std::log(3), 1e-4);
}

TEST(Bandwidth, AllNeighboursAtDistanceZeroAreEquallyLikely) {
  std::vector<float> row(30, 0.F);
  EXPECT_NEAR(conditional_affinities(row, 10), std::log(30), 1e-6);
  for (const float p : row) EXPECT_FLOAT_EQ(p, 1.F / 30);
}

TEST(Bandwidth, MoreTiesThanThePerplexityAsksForShareTheRow) {
  std::vector<float> row(30, 5.F);
  std::fill_n(row.begin(), 12, 2.F);
  conditional_affinities(row, 10);
  for (std::size_t j = 0; j < 12; ++j) EXPECT_FLOAT_EQ(row[j], 1.F / 12);
  for (std::size_t j = 12; j < 30; ++j) EXPECT_GT(row[j], 0.F);
}

TEST(Bandwidth, FewerTiesThanThePerplexityDoNotMatter) {
  std::vector<float> row{0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  conditional_affinities(row, 6);
  EXPECT_NEAR(entropy_of(row), std::log(6), 1e-4);
}

TEST(Bandwidth, EveryRowOfEveryRankHasTheEntropyAskedFor) {
  const auto comm = Communicator::world();
  auto graph = test::brute_force_graph(comm, test::clustered_points(1501, 6), 90);
  for (std::size_t i = 0; i < graph.squared_distances.rows(); ++i) {
    conditional_affinities(graph.squared_distances.row(i), 30);
    EXPECT_NEAR(entropy_of(graph.squared_distances.row(i)), std::log(30), 1e-4);
  }
}

/// (row, column) -> value of this rank's rows, by global index.
using Entries = std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, float>;

Entries entries_of(const data::SparseMatrix& matrix, base::Rank rank) {
  Entries entries;
  for (std::size_t i = 0; i < matrix.local_rows(); ++i) {
    base::GlobalIndex last = -1;
    for (auto e = matrix.offsets[i]; e < matrix.offsets[i + 1]; ++e) {
      const auto column = matrix.ghosts.row(matrix.columns[static_cast<std::size_t>(e)]);
      EXPECT_GT(column, last) << "columns ascend by global index";
      last = column;
      entries[{matrix.rows.begin(rank) + static_cast<base::GlobalIndex>(i), column}] =
          matrix.values[static_cast<std::size_t>(e)];
    }
  }
  return entries;
}

data::SparseMatrix affinities_of(const Communicator& comm, const base::Matrix<float>& points, std::size_t k,
                                 double perplexity) {
  base::Log log;
  return perplexity_affinities(comm, test::brute_force_graph(comm, points, k), perplexity, log);
}

TEST(Affinity, SumsToOneAndIsBitwiseTheSameAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(501, 5);
  const auto whole = entries_of(affinities_of(Communicator::self(), points, 45, 15), 0);
  const auto mine = affinities_of(comm, points, 45, 15);
  double sum = 0;
  for (const float p : mine.values) {
    EXPECT_GT(p, 0.F);
    sum += static_cast<double>(p);
  }
  EXPECT_NEAR(comm.all_reduce(sum, comm::Reduction::sum), 1, 1e-6);
  for (const auto& [at, value] : whole) EXPECT_EQ(value, whole.at({at.second, at.first})) << "symmetric";
  const auto entries = entries_of(mine, comm.rank());
  std::int64_t matched = 0;
  for (const auto& [at, value] : entries) {
    const auto expected = whole.find(at);
    if (expected != whole.end() && expected->second == value) ++matched;
  }
  EXPECT_EQ(matched, static_cast<std::int64_t>(entries.size()));
  EXPECT_EQ(comm.all_reduce(matched, comm::Reduction::sum), static_cast<std::int64_t>(whole.size()));
}

TEST(Affinity, IsSymmetricAndHasThePublishedValues) {
  const auto points = test::clustered_points(301, 4);
  const auto self = Communicator::self();
  const auto entries = entries_of(affinities_of(self, points, 60, 20), 0);
  auto graph = test::brute_force_graph(self, points, 60);
  std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, double> expected;
  for (std::size_t i = 0; i < 301; ++i) {
    conditional_affinities(graph.squared_distances.row(i), 20);
    for (std::size_t j = 0; j < 60; ++j) {
      const auto row = static_cast<base::GlobalIndex>(i), column = graph.ghosts.row(graph.columns(i, j));
      const double half = static_cast<double>(graph.squared_distances(i, j)) / (2 * 301.0);
      expected[{row, column}] += half;
      expected[{column, row}] += half;
    }
  }
  ASSERT_EQ(entries.size(), expected.size());
  for (const auto& [at, value] : entries) {
    EXPECT_EQ(value, entries.at({at.second, at.first}));
    EXPECT_NEAR(static_cast<double>(value), expected.at(at), 1e-6 * expected.at(at));
  }
}

TEST(Affinity, TravelsInSmallPieces) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(301, 4);
  const auto before = affinities_of(comm, points, 30, 10);
  const std::size_t limit = Communicator::message_limit();
  Communicator::set_message_limit(1024);
  const auto after = affinities_of(comm, points, 30, 10);
  Communicator::set_message_limit(limit);
  EXPECT_EQ(before.values, after.values);
  EXPECT_EQ(before.columns, after.columns);
}

TEST(Affinity, IdenticalPointsWork) {
  const auto comm = Communicator::world();
  const base::Matrix<float> points = base::padded_matrix<float>(50, 3);
  const auto mine = affinities_of(comm, points, 30, 10);
  double sum = 0;
  for (const float p : mine.values) sum += static_cast<double>(p);
  EXPECT_NEAR(comm.all_reduce(sum, comm::Reduction::sum), 1, 1e-6);
}

}  // namespace
}  // namespace fleetsne::affinity
