// The main job on real data: quality at full size.
#include "run/embed_images.hpp"
#include <gtest/gtest.h>

namespace fleetsne {
namespace {

TEST(FashionMnist, SeventyThousandImagesReachThePublishedQuality) {
  const auto comm = comm::Communicator::world();
  const auto result =
      test::embed(comm,
                  test::read_images(comm, {test::fashion_mnist + "train-images-idx3-ubyte.gz",
                                           test::fashion_mnist + "t10k-images-idx3-ubyte.gz"}),
                  50, 70000);
  EXPECT_GE(result.recall, 0.99);
  EXPECT_LE(result.kl, 2.34);
  EXPECT_GE(result.kept, 0.365);
  if (comm.rank() == 0) {
    std::printf("%d ranks: recall %.4f, KL %.4f, 10 nearest neighbours kept %.4f\n", comm.size(),
                result.recall, result.kl, result.kept);
  }
}

}  // namespace
}  // namespace fleetsne
