#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/affinity/scales.hpp"
#include "fleetsne/comm/communicator.hpp"

#include "affinity/entries.hpp"
#include "support/exact_probabilities.hpp"
#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <vector>

namespace fleetsne::affinity {
namespace {

using comm::Communicator;
using Row = std::vector<double>;
using RowRule = std::function<Row(std::span<const float>)>;

Row scaled_to_one(Row row) {
  double sum = 0;
  for (const double value : row) sum += value;
  for (double& value : row) value /= sum;
  return row;
}

Row plain_average(std::span<const float> squared, std::span<const double> perplexities) {
  Row sum(squared.size(), 0);
  for (const double perplexity : perplexities) {
    const Row p = test::exact_probabilities(squared, perplexity);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += p[j];
  }
  return scaled_to_one(sum);
}

/// The precision out of two probabilities of the row, as far from each other as can be: p_0 / p_j = exp(beta
/// (d_j - d_0)).
Row plain_mixture(std::span<const float> squared, std::span<const double> perplexities) {
  Row sum(squared.size(), 0);
  for (const double perplexity : perplexities) {
    const Row p = test::exact_probabilities(squared, perplexity);
    std::size_t j = p.size() - 1;
    while (p[j] < 1e-200) --j;
    const double beta =
        std::log(p[0] / p[j]) / (static_cast<double>(squared[j]) - static_cast<double>(squared[0]));
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += std::sqrt(beta) * std::exp(-beta * static_cast<double>(squared[i]));
  }
  return scaled_to_one(sum);
}

Row plain_gaussian(std::span<const float> squared, double sigma) {
  Row row;
  for (const float d : squared) row.push_back(std::exp(-static_cast<double>(d) / (2 * sigma * sigma)));
  return scaled_to_one(row);
}

void expect_row(std::span<const float> row, const Row& expected) {
  for (std::size_t j = 0; j < row.size(); ++j)
    ASSERT_NEAR(static_cast<double>(row[j]), std::max(expected[j], 1e-20),
                2e-5 * std::max(expected[j], 1e-10))
        << j;
}

TEST(Scales, AreWhatFloat64Says) {
  const std::vector<double> perplexities{3, 12, 40};
  const auto graph = test::brute_force_graph(Communicator::self(), test::clustered_points(500, 6), 120);
  for (std::size_t i = 0; i < 500; i += 11) {
    const auto squared = graph.squared_distances.row(i);
    std::vector<float> row(squared.begin(), squared.end());
    average_of_scales(row, perplexities);
    expect_row(row, plain_average(squared, perplexities));
    row.assign(squared.begin(), squared.end());
    mixture_of_scales(row, perplexities);
    expect_row(row, plain_mixture(squared, perplexities));
    row.assign(squared.begin(), squared.end());
    gaussian_weights(row, 0.7);
    expect_row(row, plain_gaussian(squared, 0.7));
  }
}

TEST(Scales, OneScaleAloneIsThatPerplexity) {
  const auto graph = test::brute_force_graph(Communicator::self(), test::clustered_points(300, 4), 60);
  for (std::size_t i = 0; i < 300; i += 7) {
    const auto squared = graph.squared_distances.row(i);
    std::vector<float> expected(squared.begin(), squared.end()), average = expected, mixture = expected;
    conditional_affinities(expected, 20);
    average_of_scales(average, std::vector<double>{20});
    mixture_of_scales(mixture, std::vector<double>{20});
    for (std::size_t j = 0; j < expected.size(); ++j) {
      ASSERT_NEAR(average[j], expected[j], 1e-6F * expected[j]);
      ASSERT_NEAR(mixture[j], expected[j], 1e-5F * expected[j]);
    }
  }
}

TEST(Scales, MixtureHoldsWhereDistancesAreFarFromZero) {
  std::vector<float> row;
  for (int j = 0; j < 60; ++j) row.push_back(1e6F + static_cast<float>(j));
  mixture_of_scales(row, std::vector<double>{5, 20});
  double sum = 0;
  for (const float p : row) sum += static_cast<double>(p);
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_TRUE(std::ranges::is_sorted(row, std::greater{}));
}

TEST(Scales, MixtureWithoutAnyPrecisionSharesAmongTheNearest) {
  std::vector<float> copies(30, 1.F);
  std::fill_n(copies.begin(), 12, 0.F);
  mixture_of_scales(copies, std::vector<double>{5, 20});
  for (std::size_t j = 0; j < 12; ++j) EXPECT_FLOAT_EQ(copies[j], 1.F / 12);
  std::vector<float> equal(30, 2.F);
  mixture_of_scales(equal, std::vector<double>{5});
  for (const float p : equal) EXPECT_FLOAT_EQ(p, 1.F / 30);
}

using Published = std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, double>;

Published published(const base::Matrix<float>& points, std::size_t k, const RowRule& rule) {
  const auto graph = test::brute_force_graph(Communicator::self(), points, k);
  Published expected;
  for (std::size_t i = 0; i < points.rows(); ++i) {
    const Row p = rule(graph.squared_distances.row(i));
    for (std::size_t j = 0; j < k; ++j) {
      const auto row = static_cast<base::GlobalIndex>(i), column = graph.ghosts.row(graph.columns(i, j));
      const double half = p[j] / (2 * static_cast<double>(points.rows()));
      expected[{row, column}] += half;
      expected[{column, row}] += half;
    }
  }
  return expected;
}

struct KindCase {
  AffinityConfig config;
  RowRule rule;
};

TEST(Kinds, HaveThePublishedJointValuesAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto points = test::clustered_points(601, 4);
  const std::vector<double> perplexities{4, 15};
  constexpr std::size_t k = 45;
  const KindCase cases[] = {
      {{.kind = Kind::multiscale, .perplexities = perplexities},
       [&](std::span<const float> row) { return plain_average(row, perplexities); }},
      {{.kind = Kind::mixture, .perplexities = perplexities},
       [&](std::span<const float> row) { return plain_mixture(row, perplexities); }},
      {{.kind = Kind::fixed_sigma, .perplexities = {}, .sigma = 0.8},
       [](std::span<const float> row) { return plain_gaussian(row, 0.8); }},
      {{.kind = Kind::uniform, .perplexities = {}, .symmetry = Symmetry::mean},
       [](std::span<const float> row) { return Row(row.size(), 1 / static_cast<double>(row.size())); }}};
  for (const KindCase& one : cases) {
    SCOPED_TRACE(static_cast<int>(one.config.kind));
    const Published expected = published(points, k, one.rule);
    base::Log log;
    const auto mine = entries_of(
        joint_affinities(comm, test::brute_force_graph(comm, points, k), one.config, log), comm.rank());
    std::map<base::GlobalIndex, double> largest;
    for (const auto& [at, value] : expected) largest[at.first] = std::max(largest[at.first], value);
    std::size_t wrong = 0;
    for (const auto& [at, value] : mine) {
      const double wanted = expected.contains(at) ? expected.at(at) : 0;
      const double apart = std::abs(static_cast<double>(value) - wanted);
      const double rounded = rounding(wanted, largest.at(at.first)) + rounding(wanted, largest.at(at.second));
      if (!(apart <= 2 * rounded + 3e-5 * wanted)) ++wrong;
    }
    EXPECT_EQ(wrong, 0U);
    EXPECT_NEAR(comm.all_reduce(sum_of(mine), comm::Reduction::sum), 1, 1e-6);
  }
}

}  // namespace
}  // namespace fleetsne::affinity
