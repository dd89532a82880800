// What the partition promises: a permutation, exact block sizes, the rows unchanged, near rows together, the
// same whatever the number of threads.
#include "fleetsne/partition/partition.hpp"

#include "fleetsne/base/random.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace fleetsne {
namespace {

using base::GlobalIndex;
using data::DistributedMatrix;

/// Rows of `centers` clusters of standard deviation 1, 50 apart; a row's values depend on its input index
/// alone.
DistributedMatrix<float> clusters(const comm::Communicator& comm, GlobalIndex n, std::size_t d,
                                  std::uint64_t centers) {
  const base::Random random(11, base::Stream::test);
  DistributedMatrix<float> result;
  result.rows = data::RowDistribution::balanced(n, comm.size());
  result.local = base::padded_matrix<float>(static_cast<std::size_t>(result.rows.count(comm.rank())), d);
  for (std::size_t i = 0; i < result.local.rows(); ++i) {
    const GlobalIndex id = result.rows.begin(comm.rank()) + static_cast<GlobalIndex>(i);
    const auto center = static_cast<GlobalIndex>(random.bits(id, 1000) % centers);
    for (std::size_t j = 0; j < d; ++j) {
      const auto draw = static_cast<std::uint32_t>(j);
      result.local(i, j) = static_cast<float>(50 * random.normal_pair(-1 - center, draw).first +
                                              random.normal_pair(id, draw).first);
    }
  }
  return result;
}

partition::Partitioned run(const comm::Communicator& comm, DistributedMatrix<float> input) {
  base::Log log;
  return partition::partition_rows(comm, std::move(input), {}, log);
}

/// Every input row is there once, where the permutation says, with its values; blocks have the sizes
/// promised.
void expect_partition(const DistributedMatrix<float>& input) {
  const auto comm = comm::Communicator::world();
  const auto result = run(comm, input);
  const auto sizes = data::RowDistribution::balanced(input.rows.total(), comm.size());
  EXPECT_EQ(static_cast<GlobalIndex>(result.rows.local.rows()), sizes.count(comm.rank()));
  ASSERT_EQ(result.rows.local.rows(), result.permutation.origins.size());
  EXPECT_EQ(result.rows.rows, result.permutation.working);
  EXPECT_EQ(result.permutation.input, input.rows);

  auto origins = comm.all_gather(std::span<const GlobalIndex>(result.permutation.origins)).values;
  std::ranges::sort(origins);
  std::vector<GlobalIndex> all(static_cast<std::size_t>(input.rows.total()));
  std::iota(all.begin(), all.end(), GlobalIndex{0});
  EXPECT_EQ(origins, all);

  const auto back = result.permutation.to_input_order(comm, result.rows.local.view());
  ASSERT_EQ(back.rows(), input.local.rows());
  for (std::size_t i = 0; i < back.rows(); ++i) {
    ASSERT_TRUE(std::ranges::equal(back.row(i), input.local.row(i))) << "row " << i;
  }
}

TEST(Partition, IsAPermutationOfBalancedBlocks) {
  const auto comm = comm::Communicator::world();
  for (const int rows : {4001, 4032, 33}) expect_partition(clusters(comm, rows, 20, 10));
}

TEST(Partition, CutsEqualRowsByInputIndex) {
  const auto comm = comm::Communicator::world();
  auto input = clusters(comm, 1003, 5, 3);
  for (float& x : input.local.elements()) x = 0;
  expect_partition(input);
  const auto result = run(comm, input);
  EXPECT_TRUE(std::ranges::is_sorted(result.permutation.origins));
  ASSERT_FALSE(result.permutation.origins.empty());
  EXPECT_EQ(result.permutation.origins.front(), result.rows.rows.begin(comm.rank()));
}

TEST(Partition, FewRowsForManyBlocksLeaveSomeEmpty) {
  const auto comm = comm::Communicator::world();
  expect_partition(clusters(comm, 3, 4, 2));
}

TEST(Partition, OneColumn) {
  const auto comm = comm::Communicator::world();
  const auto result = run(comm, clusters(comm, 500, 1, 7));
  // One column is cut at its quantiles: no rank's values reach into another's.
  float low = 1e30F, high = -1e30F;
  for (std::size_t i = 0; i < result.rows.local.rows(); ++i) {
    low = std::min(low, result.rows.local(i, 0));
    high = std::max(high, result.rows.local(i, 0));
  }
  const auto lows = comm.all_gather(low), highs = comm.all_gather(high);
  std::vector<std::pair<float, float>> intervals;
  for (std::size_t r = 0; r < lows.size(); ++r) intervals.emplace_back(lows[r], highs[r]);
  std::ranges::sort(intervals);  // a line may be cut from either end
  for (std::size_t r = 1; r < intervals.size(); ++r) EXPECT_LE(intervals[r - 1].second, intervals[r].first);
}

/// Two long strips beside each other: they spread most along themselves, but near rows are parted least
/// between them.
DistributedMatrix<float> strips(const comm::Communicator& comm, GlobalIndex n) {
  const base::Random random(12, base::Stream::test);
  DistributedMatrix<float> result;
  result.rows = data::RowDistribution::balanced(n, comm.size());
  result.local = base::padded_matrix<float>(static_cast<std::size_t>(result.rows.count(comm.rank())), 8);
  for (std::size_t i = 0; i < result.local.rows(); ++i) {
    const GlobalIndex id = result.rows.begin(comm.rank()) + static_cast<GlobalIndex>(i);
    for (std::size_t j = 0; j < 8; ++j)
      result.local(i, j) =
          static_cast<float>(0.5 * random.normal_pair(id, static_cast<std::uint32_t>(j)).first);
    result.local(i, 0) = static_cast<float>(44 * random.uniform(id, 99));
    result.local(i, 5) += id % 2 == 0 ? 5.0F : -5.0F;
  }
  return result;
}

TEST(Partition, CutsWhereFewNearRowsAreParted) {
  const auto comm = comm::Communicator::world();
  if (comm.size() == 1 || comm.size() == 3) GTEST_SKIP() << "no cut, or none between the strips";
  const auto result = run(comm, strips(comm, 4000));
  std::int64_t above = 0, rows = 0;
  for (std::size_t i = 0; i < result.rows.local.rows(); ++i, ++rows) above += result.rows.local(i, 5) > 0;
  EXPECT_TRUE(above <= rows / 50 || above >= rows - rows / 50) << above << " of " << rows << " on one side";
}

TEST(Partition, KeepsClustersTogether) {
  const auto comm = comm::Communicator::world();
  // As many clusters as blocks of a multiple: rows of one cluster mostly share a rank.
  const auto result = run(comm, clusters(comm, 6000, 30, 60));
  // Consecutive rows of the working order are mostly of one cluster, so within a few standard deviations.
  std::int64_t near = 0, pairs = 0;
  for (std::size_t i = 1; i < result.rows.local.rows(); ++i, ++pairs) {
    double squares = 0;
    for (std::size_t j = 0; j < 30; ++j) {
      const double x =
          static_cast<double>(result.rows.local(i, j)) - static_cast<double>(result.rows.local(i - 1, j));
      squares += x * x;
    }
    near += squares < 200 ? 1 : 0;  // 2 x 30 expected within a cluster, 150,000 between two
  }
  near = comm.all_reduce(near, comm::Reduction::sum);
  pairs = comm.all_reduce(pairs, comm::Reduction::sum);
  EXPECT_GT(static_cast<double>(near), 0.9 * static_cast<double>(pairs));
}

TEST(Partition, DoesNotDependOnThreads) {
  const auto comm = comm::Communicator::world();
  const int threads = omp_get_max_threads();
  const auto some = run(comm, clusters(comm, 9000, 12, 5));
  omp_set_num_threads(threads == 1 ? 3 : 1);
  const auto other = run(comm, clusters(comm, 9000, 12, 5));
  omp_set_num_threads(threads);
  EXPECT_EQ(some.permutation.origins, other.permutation.origins);
}

}  // namespace
}  // namespace fleetsne
