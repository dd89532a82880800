#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/affinity/symmetrize.hpp"

#include "affinity/entries.hpp"
#include "support/exact_probabilities.hpp"
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

TEST(Bandwidth, IsWhatBisectionInFloat64Finds) {
  const auto points = test::clustered_points(600, 8);
  const auto graph = test::brute_force_graph(Communicator::self(), points, 453);
  for (const std::size_t k : {15, 16, 17, 90, 150, 453}) {
    for (const double share : {0.2, 1.0 / 3, 0.9}) {
      for (std::size_t i = 0; i < 600; i += 37) {
        const auto distances = graph.squared_distances.row(i).first(k);
        std::vector<float> row(distances.begin(), distances.end());
        const double perplexity = share * static_cast<double>(k);
        const auto expected = test::exact_probabilities(row, perplexity);
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
  const auto expected = test::exact_probabilities(row, 3);
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

data::SparseMatrix affinities_of(const Communicator& comm, const base::Matrix<float>& points, std::size_t k,
                                 double perplexity) {
  base::Log log;
  return perplexity_affinities(comm, test::brute_force_graph(comm, points, k), perplexity, log);
}

TEST(Affinity, SumsToOneAndIsBitwiseTheSameAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(1501, 5);
  const auto whole = entries_of(affinities_of(Communicator::self(), points, 45, 15), 0);
  const auto mine = entries_of(affinities_of(comm, points, 45, 15), comm.rank());
  for (const auto& [at, value] : mine) EXPECT_GT(value, 0.F);
  EXPECT_NEAR(comm.all_reduce(sum_of(mine), comm::Reduction::sum), 1, 1e-6);
  std::int64_t matched = 0;
  for (const auto& [at, value] : mine) {
    const auto expected = whole.find(at);
    if (expected != whole.end() && expected->second == value) ++matched;
  }
  EXPECT_EQ(matched, static_cast<std::int64_t>(mine.size()));
  EXPECT_EQ(comm.all_reduce(matched, comm::Reduction::sum), static_cast<std::int64_t>(whole.size()));
}

/// The published values in float64, from the graph itself.
std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, double> published(const base::Matrix<float>& points,
                                                                            std::size_t k,
                                                                            double perplexity) {
  const auto graph = test::brute_force_graph(Communicator::self(), points, k);
  std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, double> expected;
  for (std::size_t i = 0; i < points.rows(); ++i) {
    const auto p = test::exact_probabilities(graph.squared_distances.row(i), perplexity);
    for (std::size_t j = 0; j < k; ++j) {
      const auto row = static_cast<base::GlobalIndex>(i), column = graph.ghosts.row(graph.columns(i, j));
      const double half = p[j] / (2 * static_cast<double>(points.rows()));
      expected[{row, column}] += half;
      expected[{column, row}] += half;
    }
  }
  return expected;
}

TEST(Affinity, IsSymmetricAndHasThePublishedValues) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(451, 4);
  for (const std::size_t k : {12, 60, 400}) {
    const double perplexity = static_cast<double>(k) / 3;
    const auto expected = published(points, k, perplexity);
    const auto whole = entries_of(affinities_of(Communicator::self(), points, k, perplexity), 0);
    const auto largest = largest_of_rows(whole);
    const auto stored = [&](base::GlobalIndex row, base::GlobalIndex column) {
      const auto found = whole.find({row, column});
      return found == whole.end() ? 0.0 : static_cast<double>(found->second);
    };
    for (const auto& [at, wanted] : expected) {
      const auto [i, j] = at;
      const double in_row = rounding(wanted, largest.at(i)), in_other = rounding(wanted, largest.at(j));
      ASSERT_NEAR(stored(i, j), wanted, 2 * (in_row + in_other) + 2e-5 * wanted);
      ASSERT_NEAR(stored(i, j), stored(j, i), in_row + in_other);
    }
    for (const auto& [at, value] : whole) ASSERT_TRUE(expected.contains(at));
    const auto mine = entries_of(affinities_of(comm, points, k, perplexity), comm.rank());
    for (const auto& [at, value] : mine) ASSERT_EQ(value, whole.at(at));
    EXPECT_EQ(comm.all_reduce(static_cast<std::int64_t>(mine.size()), comm::Reduction::sum),
              static_cast<std::int64_t>(whole.size()));
  }
}

TEST(Affinity, IsTheSameInManyBands) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(2100, 3);
  base::Log log;
  const auto weigh = [](std::span<float> values) { conditional_affinities(values, 7); };
  const auto in_bands_of = [&](std::int64_t edges) {
    auto directed =
        compress(test::brute_force_graph(comm, points, 20), data::ValueCoding::squared16, weigh, log);
    return symmetrize(comm, std::move(directed), log, edges);
  };
  const auto expected = entries_of(in_bands_of(std::int64_t{1} << 40), comm.rank());
  for (const std::int64_t edges : {1, 6000, 15000})
    EXPECT_EQ(entries_of(in_bands_of(edges), comm.rank()), expected);
}

TEST(Uniform, IsTheUnionOfBothDirections) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(1100, 4);
  base::Log log;
  for (const std::size_t k : {1, 15, 40}) {
    const auto graph = test::brute_force_graph(Communicator::self(), points, k);
    std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, float> expected;
    for (std::size_t i = 0; i < points.rows(); ++i) {
      for (const auto column : graph.columns.row(i)) {
        expected[{static_cast<base::GlobalIndex>(i), column}] = 0;
        expected[{column, static_cast<base::GlobalIndex>(i)}] = 0;
      }
    }
    const auto matrix = uniform_affinities(comm, test::brute_force_graph(comm, points, k), log);
    EXPECT_EQ(matrix.value_bits(), 0);
    const auto mine = entries_of(matrix, comm.rank());
    const double value = 1 / static_cast<double>(expected.size());
    for (const auto& [at, p] : mine) {
      ASSERT_TRUE(expected.contains(at));
      ASSERT_NEAR(static_cast<double>(p), value, 1e-7 * value);
    }
    EXPECT_EQ(comm.all_reduce(matrix.entries, comm::Reduction::sum),
              static_cast<std::int64_t>(expected.size()));
    EXPECT_NEAR(comm.all_reduce(sum_of(mine), comm::Reduction::sum), 1, 1e-6);
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
  EXPECT_EQ(entries_of(before, comm.rank()), entries_of(after, comm.rank()));
}

TEST(Affinity, IdenticalPointsWork) {
  const auto comm = Communicator::world();
  const base::Matrix<float> points = base::padded_matrix<float>(50, 3);
  const auto mine = affinities_of(comm, points, 30, 10);
  EXPECT_NEAR(comm.all_reduce(sum_of(entries_of(mine, comm.rank())), comm::Reduction::sum), 1, 1e-6);
}

}  // namespace
}  // namespace fleetsne::affinity
