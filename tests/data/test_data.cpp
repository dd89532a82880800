#include "fleetsne/base/random.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace fleetsne::data {
namespace {

using comm::Communicator;

TEST(RowDistribution, BlocksAreBalancedAndOwnersInvertThem) {
  for (const GlobalIndex total : {0, 1, 7, 100, 101}) {
    for (const int ranks : {1, 2, 3, 7, 16}) {
      const auto rows = RowDistribution::balanced(total, ranks);
      EXPECT_EQ(rows.total(), total);
      for (Rank r = 0; r < ranks; ++r) {
        EXPECT_LE(std::abs(rows.count(r) * ranks - total), ranks);
        for (GlobalIndex i = rows.begin(r); i < rows.end(r); ++i) EXPECT_EQ(rows.owner(i), r);
      }
    }
  }
}

TEST(RowDistribution, EmptyBlocksOwnNothing) {
  const std::vector<GlobalIndex> counts{0, 3, 0, 2, 0};
  const auto rows = RowDistribution::of_counts(counts);
  EXPECT_EQ(rows.owner(0), 1);
  EXPECT_EQ(rows.owner(3), 3);
  EXPECT_EQ(rows.owner(4), 3);
}

/// A shuffle of n rows over all ranks, the same at any rank count: row i of the working order is (i * step)
/// mod n.
Permutation shuffle(const Communicator& comm, GlobalIndex n, GlobalIndex step) {
  Permutation result{
      RowDistribution::balanced(n, comm.size()), RowDistribution::balanced(n, comm.size()), {}};
  for (auto i = result.working.begin(comm.rank()); i < result.working.end(comm.rank()); ++i) {
    result.origins.push_back(i * step % n);
  }
  return result;
}

TEST(Permutation, ThereAndBackIsTheIdentity) {
  const auto comm = Communicator::world();
  const auto permutation = shuffle(comm, 1009, 123);
  base::Matrix<float> input(static_cast<std::size_t>(permutation.input.count(comm.rank())), 3);
  for (std::size_t i = 0; i < input.rows(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      input(i, c) =
          static_cast<float>((permutation.input.begin(comm.rank()) + static_cast<GlobalIndex>(i)) * 10 +
                             static_cast<GlobalIndex>(c));
    }
  }
  const auto working = permutation.to_working_order<float>(comm, input.view());
  for (std::size_t i = 0; i < working.rows(); ++i) {
    EXPECT_EQ(working(i, 2), static_cast<float>(permutation.origins[i] * 10 + 2));
  }
  const auto back = permutation.to_input_order<float>(comm, working.view());
  EXPECT_TRUE(std::ranges::equal(back.elements(), input.elements()));
}

TEST(Ghosts, ColumnsAndRowsInvertEachOther) {
  const auto comm = Communicator::world();
  const auto rows = RowDistribution::balanced(100, comm.size());
  const Ghosts ghosts(rows, comm.rank(), {99, 0, 50, 50, 3, 98});
  for (const GlobalIndex row : {99, 0, 50, 3, 98}) EXPECT_EQ(ghosts.row(ghosts.column(row)), row);
  EXPECT_TRUE(std::ranges::is_sorted(ghosts.ids()));
  for (const GlobalIndex id : ghosts.ids()) EXPECT_NE(rows.owner(id), comm.rank());
}

TEST(Halo, BringsTheGhostsValuesEveryTime) {
  const auto comm = Communicator::world();
  const auto rows = RowDistribution::balanced(211, comm.size());
  const base::Random random(3, base::Stream::test);
  std::vector<GlobalIndex> wanted;
  for (int i = 0; i < 60; ++i)
    wanted.push_back(static_cast<GlobalIndex>(random.bits(i + 100 * comm.rank()) % 211));
  const Ghosts ghosts(rows, comm.rank(), wanted);
  Halo halo(comm, rows, ghosts, 2);
  for (int round = 0; round < 3; ++round) {
    std::vector<float> local;
    for (auto i = rows.begin(comm.rank()); i < rows.end(comm.rank()); ++i) {
      local.push_back(static_cast<float>(i));
      local.push_back(static_cast<float>(round));
    }
    halo.start(local);
    const auto values = halo.finish();
    ASSERT_EQ(values.size(), 2 * ghosts.count());
    for (std::size_t g = 0; g < ghosts.count(); ++g) {
      EXPECT_EQ(values[2 * g], static_cast<float>(ghosts.ids()[g]));
      EXPECT_EQ(values[2 * g + 1], static_cast<float>(round));
    }
  }
  EXPECT_EQ(halo.bytes_received(), static_cast<std::int64_t>(ghosts.count() * 8));
}

}  // namespace
}  // namespace fleetsne::data
