// Samples: exactly so many, the same at any rank count, in order.
#include "fleetsne/data/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fleetsne::data {
namespace {

using comm::Communicator;

std::vector<GlobalIndex> sample_of(const Communicator& comm, const RowDistribution& rows, std::int64_t size,
                                   std::uint64_t seed) {
  const auto chosen = draw_sample(comm, rows, size, base::Random(seed, base::Stream::sample));
  EXPECT_TRUE(std::ranges::is_sorted(chosen));
  std::vector<GlobalIndex> global;
  for (const std::size_t i : chosen) global.push_back(rows.begin(comm.rank()) + static_cast<GlobalIndex>(i));
  return comm.all_gather(std::span<const GlobalIndex>(global)).values;
}

TEST(Sample, HasExactlySoManyRowsAndTheSameAtAnyRankCount) {
  const auto comm = Communicator::world();
  const auto self = Communicator::self();
  const auto rows = RowDistribution::balanced(1001, comm.size());
  for (const std::int64_t size : {0, 1, 2, 500, 1000, 1001, 5000}) {
    const auto mine = sample_of(comm, rows, size, 4);
    EXPECT_EQ(static_cast<std::int64_t>(mine.size()), std::min<std::int64_t>(size, 1001));
    EXPECT_EQ(mine, sample_of(self, RowDistribution::balanced(1001, 1), size, 4));
  }
  EXPECT_NE(sample_of(comm, rows, 500, 4), sample_of(comm, rows, 500, 5));
}

TEST(Sample, IsPartOfALargerOne) {
  const auto comm = Communicator::world();
  const auto rows = RowDistribution::balanced(5000, comm.size());
  std::vector<GlobalIndex> smaller;
  for (const std::int64_t size : {1, 300, 4990, 5000}) {
    const auto larger = sample_of(comm, rows, size, 3);
    EXPECT_TRUE(std::ranges::includes(larger, smaller));
    smaller = larger;
  }
}

TEST(Sample, IsSpreadOverAllRows) {
  const auto comm = Communicator::world();
  const auto sample = sample_of(comm, RowDistribution::balanced(100'000, comm.size()), 10'000, 1);
  const auto first_half = std::ranges::count_if(sample, [](GlobalIndex row) { return row < 50'000; });
  EXPECT_NEAR(static_cast<double>(first_half), 5000, 300);
}

TEST(TakeRows, AreThoseChosenInOrderAndBalanced) {
  const auto comm = Communicator::world();
  DistributedMatrix<float> all{RowDistribution::balanced(301, comm.size()), {}};
  all.local = base::padded_matrix<float>(static_cast<std::size_t>(all.rows.count(comm.rank())), 5);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < all.local.rows(); ++i) {
    const GlobalIndex row = all.rows.begin(comm.rank()) + static_cast<GlobalIndex>(i);
    for (std::size_t j = 0; j < 5; ++j)
      all.local(i, j) = static_cast<float>(10 * row) + static_cast<float>(j);
    if (row % 3 == 1 || row > 280) chosen.push_back(i);
  }
  const auto taken = take_rows(comm, all, chosen);
  std::vector<GlobalIndex> expected;
  for (GlobalIndex row = 0; row < 301; ++row)
    if (row % 3 == 1 || row > 280) expected.push_back(row);
  ASSERT_EQ(taken.rows, RowDistribution::balanced(static_cast<GlobalIndex>(expected.size()), comm.size()));
  for (std::size_t i = 0; i < taken.local.rows(); ++i) {
    const auto row = expected[static_cast<std::size_t>(taken.rows.begin(comm.rank())) + i];
    for (std::size_t j = 0; j < 5; ++j)
      EXPECT_EQ(taken.local(i, j), static_cast<float>(10 * row) + static_cast<float>(j));
  }
}

}  // namespace
}  // namespace fleetsne::data
