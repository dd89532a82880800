#include "fleetsne/init/init.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <cmath>

namespace fleetsne::init {
namespace {

using comm::Communicator;

double deviation(const Communicator& comm, const base::Matrix<float>& start, double points,
                 std::size_t axis = 0) {
  double sums[2] = {0, 0};
  for (std::size_t i = 0; i < start.rows(); ++i) {
    sums[0] += static_cast<double>(start(i, axis));
    sums[1] += static_cast<double>(start(i, axis)) * static_cast<double>(start(i, axis));
  }
  comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  return std::sqrt(sums[1] / points - sums[0] * sums[0] / points / points);
}

class EveryStart : public testing::TestWithParam<Start> {};

TEST_P(EveryStart, HasTheDeviationAskedForAndIsTheSameAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto whole = test::clustered_points(157, 7);
  const auto start_on = [&](const Communicator& ranks) {
    const auto rows = test::block_of(ranks, whole);
    base::Matrix<float> given(rows.local.rows(), 2);
    for (std::size_t i = 0; i < given.rows(); ++i) {
      given(i, 0) = rows.local(i, 3);
      given(i, 1) = rows.local(i, 4);
    }
    return initial_embedding(ranks, rows, given, {GetParam(), 1e-4, 42});
  };
  const auto mine = start_on(comm), alone = start_on(Communicator::self());
  EXPECT_NEAR(deviation(comm, mine, 157), 1e-4, 1e-8);
  const auto first =
      static_cast<std::size_t>(data::RowDistribution::balanced(157, comm.size()).begin(comm.rank()));
  for (std::size_t i = 0; i < mine.rows(); ++i) {
    for (std::size_t c = 0; c < 2; ++c) EXPECT_NEAR(mine(i, c), alone(first + i, c), 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryStart,
                         testing::Values(Start::pca, Start::columns, Start::random, Start::file));

TEST(Init, ColumnsAreTheFirstTwoUpToOneFactorAndACentre) {
  const auto comm = Communicator::self();
  const auto whole = test::clustered_points(60, 4);
  const auto rows = test::block_of(comm, whole);
  const auto start = initial_embedding(comm, rows, {}, {Start::columns, 1, 0});
  const double factor =
      static_cast<double>(start(1, 0) - start(0, 0)) / static_cast<double>(whole(1, 0) - whole(0, 0));
  EXPECT_NEAR(static_cast<double>(start(5, 1) - start(7, 1)),
              factor * static_cast<double>(whole(5, 1) - whole(7, 1)), 1e-4);
}

TEST(Init, ConstantRowsStartAtRandomPlaces) {
  const auto comm = Communicator::world();
  const auto rows = test::block_of(comm, base::padded_matrix<float>(40, 3));
  const auto start = initial_embedding(comm, rows, {}, {Start::pca, 1e-4, 0});
  for (const std::size_t axis : {0, 1}) EXPECT_NEAR(deviation(comm, start, 40, axis), 1e-4, 1e-8);
}

/// Points whose columns of these numbers are all 0.1, a value whose mean is rounded.
base::Matrix<float> with_constant_columns(std::size_t columns, std::initializer_list<std::size_t> constant) {
  auto whole = test::clustered_points(157, columns);
  for (std::size_t i = 0; i < whole.rows(); ++i) {
    for (const std::size_t c : constant) whole(i, c) = 0.1F;
  }
  return whole;
}

/// Whatever is flat, both axes have a spread, and one rank's values are those of all.
void expect_spread_on_both_axes(const base::Matrix<float>& whole, Start how) {
  const auto comm = Communicator::world();
  const auto start_on = [&](const Communicator& ranks) {
    return initial_embedding(ranks, test::block_of(ranks, whole), {}, {how, 1e-4, 42});
  };
  const auto mine = start_on(comm), alone = start_on(Communicator::self());
  const auto points = static_cast<double>(whole.rows());
  for (const std::size_t axis : {0, 1}) EXPECT_NEAR(deviation(comm, mine, points, axis), 1e-4, 1e-8);
  const auto rows =
      data::RowDistribution::balanced(static_cast<base::GlobalIndex>(whole.rows()), comm.size());
  const auto first = static_cast<std::size_t>(rows.begin(comm.rank()));
  for (std::size_t i = 0; i < mine.rows(); ++i) {
    for (std::size_t c = 0; c < 2; ++c) EXPECT_NEAR(mine(i, c), alone(first + i, c), 1e-9);
  }
}

TEST(Init, OneColumnDoesNotStartOnALine) {
  const auto whole = test::clustered_points(157, 1);
  expect_spread_on_both_axes(whole, Start::pca);
  expect_spread_on_both_axes(whole, Start::columns);
}

TEST(Init, AConstantSecondColumnDoesNotStartOnALine) {
  const auto whole = with_constant_columns(2, {1});
  expect_spread_on_both_axes(whole, Start::pca);
  expect_spread_on_both_axes(whole, Start::columns);
}

TEST(Init, AConstantFirstColumnIsScaledByTheSecond) {
  const auto whole = with_constant_columns(2, {0});
  expect_spread_on_both_axes(whole, Start::pca);
  expect_spread_on_both_axes(whole, Start::columns);
  const auto comm = Communicator::self();
  const auto start = initial_embedding(comm, test::block_of(comm, whole), {}, {Start::columns, 1, 0});
  const double factor =
      static_cast<double>(start(1, 1) - start(0, 1)) / static_cast<double>(whole(1, 1) - whole(0, 1));
  EXPECT_NEAR(static_cast<double>(start(5, 1) - start(7, 1)),
              factor * static_cast<double>(whole(5, 1) - whole(7, 1)), 1e-4);
}

TEST(Init, NoiseOnAFlatAxisFollowsTheSeed) {
  const auto comm = Communicator::self();
  const auto rows = test::block_of(comm, with_constant_columns(2, {1}));
  const auto start = initial_embedding(comm, rows, {}, {Start::columns, 1, 1});
  const auto other = initial_embedding(comm, rows, {}, {Start::columns, 1, 2});
  EXPECT_EQ(start(3, 0), other(3, 0));
  EXPECT_NE(start(3, 1), other(3, 1));
}

}  // namespace
}  // namespace fleetsne::init
