// The same quality at any number of ranks, and the same bits at the same number.
#include "run/embed_images.hpp"
#include <gtest/gtest.h>
#include <mpi.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

namespace fleetsne {
namespace {

using comm::Communicator;

/// The first `size` of the program's ranks as a group of their own; an MPI_COMM_NULL elsewhere.
MPI_Comm first_ranks(const Communicator& world, int size) {
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(world.handle(), world.rank() < size ? 0 : MPI_UNDEFINED, world.rank(), &part);
  return part;
}

TEST(TenThousandImages, AnyNumberOfRanksGivesTheSameQualityAndTheSameRanksTheSameBits) {
  const auto world = Communicator::world();
  std::vector<double> kl, kept;
  ASSERT_EQ(world.size(), 4);
  for (const int ranks : {1, 2, 3, 4}) {
    if (ranks * omp_get_max_threads() > 4) continue;  // of two threads: 1 and 2 ranks
    MPI_Comm part = first_ranks(world, ranks);
    double figures[2] = {0, 0};
    if (part != MPI_COMM_NULL) {
      const Communicator comm(part);
      const std::vector<std::string> files{test::fashion_mnist + "t10k-images-idx3-ubyte.gz"};
      const auto first = test::embed(comm, test::read_images(comm, files), 30, 10000);
      figures[0] = first.kl;
      figures[1] = first.kept;
      if (ranks * omp_get_max_threads() == 4) {
        const auto second = test::embed(comm, test::read_images(comm, files), 30, 1);
        EXPECT_TRUE(std::ranges::equal(first.embedding.elements(), second.embedding.elements()))
            << "same bits";
      }
      MPI_Comm_free(&part);
    }
    world.broadcast(std::span<double>(figures), 0);
    kl.push_back(figures[0]);
    kept.push_back(figures[1]);
    if (world.rank() == 0) std::printf("%d ranks: KL %.4f, kept %.4f\n", ranks, figures[0], figures[1]);
  }
  for (std::size_t i = 1; i < kl.size(); ++i) {
    EXPECT_NEAR(kl[i], kl[0], 0.01 * kl[0]);
    EXPECT_NEAR(kept[i], kept[0], 0.01);
  }
}

}  // namespace
}  // namespace fleetsne
