#include "fleetsne/quality/judge.hpp"

#include "fleetsne/data/sample.hpp"
#include "fleetsne/quality/divergence.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

namespace fleetsne::quality {
namespace {

using base::GlobalIndex;
using comm::Communicator;

base::Matrix<float> columns_of(const base::Matrix<float>& from, std::size_t columns) {
  auto result = base::padded_matrix<float>(from.rows(), columns);
  for (std::size_t i = 0; i < from.rows(); ++i)
    for (std::size_t c = 0; c < columns; ++c) result(i, c) = from(i, c);
  return result;
}

/// Row i is of class i mod `classes`; every 11th has none.
data::Labels labels_of(const data::RowDistribution& rows, base::Rank rank, int classes) {
  data::Labels labels;
  for (int c = 0; c < classes; ++c) labels.categories.emplace_back("class " + std::to_string(c));
  labels.categories.emplace_back("nobody");
  for (GlobalIndex row = rows.begin(rank); row < rows.end(rank); ++row)
    labels.codes.push_back(row % 11 == 10 ? -1 : static_cast<std::int32_t>(row % classes));
  return labels;
}

Scores scores_of(const Communicator& comm, const base::Matrix<float>& data, const base::Matrix<float>& plane,
                 const JudgeConfig& config, int classes = 5) {
  const auto rows = test::block_of(comm, data), embedding = test::block_of(comm, plane);
  const auto labels = labels_of(rows.rows, comm.rank(), classes);
  return Judge(comm, rows, &labels, config).judge(embedding);
}

void expect_same(const Scores& a, const Scores& b) {
  EXPECT_EQ(a.neighbors_kept, b.neighbors_kept);
  EXPECT_EQ(a.classes_kept, b.classes_kept);
  EXPECT_EQ(a.distance_correlation, b.distance_correlation);
  EXPECT_EQ(a.label_accuracy, b.label_accuracy);
  EXPECT_EQ(a.trustworthiness, b.trustworthiness);
}

TEST(Judge, TheDataItselfIsPerfect) {
  const auto comm = Communicator::world();
  const auto data = test::clustered_points(600, 3);
  const Scores scores = scores_of(comm, data, data, {.sample = 200, .distance_sample = 100});
  EXPECT_EQ(scores.neighbors_kept, 1);
  EXPECT_EQ(scores.trustworthiness, 1);
  EXPECT_EQ(scores.classes_kept, 1);
  EXPECT_NEAR(scores.distance_correlation.value(), 1, 1e-12);
}

TEST(Judge, IsTheSameAtAnyRankCount) {
  const auto data = test::clustered_points(1500, 7);
  const auto plane = columns_of(data, 2);
  const JudgeConfig config{.sample = 700, .distance_sample = 150, .seed = 4};
  expect_same(scores_of(Communicator::world(), data, plane, config),
              scores_of(Communicator::self(), data, plane, config));
}

TEST(Judge, TrustworthinessEqualsItsDefinition) {
  constexpr std::size_t n = 200, k = 6;
  const auto data = test::clustered_points(n, 5), plane = columns_of(data, 1);
  const auto self = Communicator::self();
  const auto order = test::brute_force_graph(self, data, n - 1),
             near = test::brute_force_graph(self, plane, k);
  double penalty = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (const base::LocalIndex j : near.columns.row(i)) {
      const auto all = order.columns.row(i);
      const auto rank = static_cast<double>(std::ranges::find(all, j) - all.begin()) + 1;
      penalty += std::max(0.0, rank - k);
    }
  const double expected = 1 - 2 * penalty / (n * k * (2.0 * n - 3.0 * k - 1));
  const Scores scores = scores_of(Communicator::world(), data, plane, {.neighbors = k});
  EXPECT_NEAR(scores.trustworthiness.value(), expected, 1e-12);
  EXPECT_LT(expected, 0.99);
}

TEST(Judge, FourPointsByHand) {
  const auto comm = Communicator::world();
  // On a line at 0, 1, 3, 7; the embedding swaps the last two.
  auto data = base::padded_matrix<float>(4, 1), plane = base::padded_matrix<float>(4, 1);
  const float positions[] = {0, 1, 3, 7}, swapped[] = {0, 1, 7, 3};
  for (std::size_t i = 0; i < 4; ++i) {
    data(i, 0) = positions[i];
    plane(i, 0) = swapped[i];
  }
  const auto rows = test::block_of(comm, data), embedding = test::block_of(comm, plane);
  data::Labels labels{.name = "l", .codes = {}, .categories = {"a", "b", "c", "d"}};
  for (GlobalIndex row = rows.rows.begin(comm.rank()); row < rows.rows.end(comm.rank()); ++row)
    labels.codes.push_back(static_cast<std::int32_t>(row));
  const Scores scores = Judge(comm, rows, &labels, {.neighbors = 1}).judge(embedding);
  // Nearest in the data: 1, 0, 1, 2. In the embedding: 1, 0, 3, 1.
  EXPECT_EQ(scores.neighbors_kept, 0.5);
  // Point 2's is its third in the data (distances 3, 2, 4), point 3's its second: 2 + 1 too far.
  EXPECT_NEAR(scores.trustworthiness.value(), 1 - 2.0 / (4 * 1 * (8 - 3 - 1)) * 3, 1e-12);
  EXPECT_EQ(scores.classes_kept, 0.5) << "each point is a class, k is 1";
  EXPECT_EQ(scores.label_accuracy, 0) << "no label occurs twice";
  // Ranks of |0-1| |0-2| |1-2| |0-3| |1-3| |2-3|: 1 3 2 6 5 4; swapped: 1 6 5 3 2 4.
  EXPECT_NEAR(scores.distance_correlation.value(), 1 - 6.0 * (9 + 9 + 9 + 9) / (6 * 35), 1e-12);
}

TEST(Judge, WhatDoesNotExistIsLeftOut) {
  const auto comm = Communicator::world();
  const auto data = test::clustered_points(12, 3);
  auto flat = base::padded_matrix<float>(12, 2);
  const Scores scores = scores_of(comm, data, flat, {.neighbors = 6}, 2);
  EXPECT_FALSE(scores.trustworthiness) << "6 is half of 12";
  EXPECT_FALSE(scores.classes_kept) << "two classes";
  EXPECT_FALSE(scores.distance_correlation) << "all distances are equal";
  const auto rows = test::block_of(comm, data);
  EXPECT_FALSE(Judge(comm, rows, nullptr, {.neighbors = 3}).judge(rows).label_accuracy);
}

TEST(ClassNeighbors, AreFewWhereClassesAreFew) {
  EXPECT_EQ(class_neighbor_count(0, 2), 0U);
  EXPECT_EQ(class_neighbor_count(0, 3), 1U);
  EXPECT_EQ(class_neighbor_count(0, 10), 4U);
  EXPECT_EQ(class_neighbor_count(0, 133), 10U);
  EXPECT_EQ(class_neighbor_count(7, 5), 4U);
}

TEST(Normaliser, OfAllPointsIsTheSumOverPairsAndOfASampleNearIt) {
  const auto comm = Communicator::world();
  const auto plane = test::clustered_points(3000, 2);
  double expected = 0;
  for (std::size_t i = 0; i < plane.rows(); ++i)
    for (std::size_t j = 0; j < plane.rows(); ++j) {
      const double x = plane(i, 0) - plane(j, 0), y = plane(i, 1) - plane(j, 1);
      if (i != j) expected += 1 / (1 + x * x + y * y);
    }
  const auto rows = test::block_of(comm, plane);
  const auto exact = sampled_normaliser(
      comm, rows, data::draw_sample(comm, rows.rows, 3000, base::Random(1, base::Stream::quality)));
  EXPECT_NEAR(exact.z / expected, 1, 1e-6);
  EXPECT_EQ(exact.relative_error, 0);
  const auto drawn = sampled_normaliser(
      comm, rows, data::draw_sample(comm, rows.rows, 500, base::Random(1, base::Stream::quality)));
  EXPECT_NEAR(drawn.z / expected, 1, 4 * drawn.relative_error);
  EXPECT_GT(drawn.relative_error, 0);
  const auto self = Communicator::self();
  const auto whole = test::block_of(self, plane);
  EXPECT_EQ(drawn.z,
            sampled_normaliser(
                self, whole, data::draw_sample(self, whole.rows, 500, base::Random(1, base::Stream::quality)))
                .z);
}

}  // namespace
}  // namespace fleetsne::quality
