#include "fleetsne/quality/quality.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace fleetsne::quality {
namespace {

using base::GlobalIndex;
using comm::Communicator;

/// The first two columns of this rank's rows.
base::Matrix<float> first_two_columns(const data::DistributedMatrix<float>& rows) {
  base::Matrix<float> result(rows.local.rows(), 2);
  for (std::size_t i = 0; i < result.rows(); ++i)
    for (std::size_t c = 0; c < 2; ++c) result(i, c) = rows.local(i, c);
  return result;
}

double kept(const Communicator& comm, const base::Matrix<float>& all, std::size_t k, std::size_t sample) {
  const auto rows = test::block_of(comm, all);
  const auto permutation = data::Permutation::identity(rows.rows, comm.rank());
  return neighbors_kept(comm, rows, first_two_columns(rows).view(), permutation, k, sample, 0);
}

TEST(NeighborsKept, AllWhereTheEmbeddingIsTheData) {
  EXPECT_EQ(kept(Communicator::world(), test::clustered_points(900, 2), 10, 900), 1);
}

TEST(NeighborsKept, EqualsBruteForce) {
  constexpr std::size_t n = 400, k = 7;
  const auto all = test::clustered_points(n, 6);
  auto plane = base::padded_matrix<float>(n, 2);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t c = 0; c < 2; ++c) plane(i, c) = all(i, c);
  const auto self = Communicator::self();
  const auto near = test::brute_force_graph(self, all, k), shown = test::brute_force_graph(self, plane, k);
  std::size_t both = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::set<base::LocalIndex> first(near.columns.row(i).begin(), near.columns.row(i).end());
    for (const base::LocalIndex column : shown.columns.row(i)) both += first.count(column);
  }
  EXPECT_NEAR(kept(Communicator::world(), all, k, n), static_cast<double>(both) / (n * k), 1e-12);
}

TEST(NeighborsKept, OfASampleIsTheSameAtAnyRankCountAndNearThatOfAll) {
  const auto all = test::clustered_points(2000, 5);
  const double sampled = kept(Communicator::world(), all, 10, 500);
  EXPECT_EQ(sampled, kept(Communicator::self(), all, 10, 500));
  EXPECT_NEAR(sampled, kept(Communicator::world(), all, 10, 2000), 0.03);
  EXPECT_LT(sampled, 0.9);
}

TEST(NeighborsKept, FewWhereTheEmbeddingHasNothingToDoWithTheData) {
  const auto comm = Communicator::world();
  const auto rows = test::block_of(comm, test::clustered_points(1000, 5));
  const auto other = test::block_of(comm, test::clustered_points(1000, 2, 99));
  const auto permutation = data::Permutation::identity(rows.rows, comm.rank());
  EXPECT_LT(neighbors_kept(comm, rows, first_two_columns(other).view(), permutation, 10, 1000, 0), 0.1);
}

}  // namespace
}  // namespace fleetsne::quality
