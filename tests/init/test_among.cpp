#include "fleetsne/init/among.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace fleetsne::init {
namespace {

/// Four neighbours, the last of them far off; two points.
struct Neighbors {
  base::Matrix<float> places{2, 8}, squared{2, 4};
  std::vector<base::GlobalIndex> ids{5, 9};
  Neighbors() {
    const float x[] = {1, 2, 4, 900}, y[] = {-1, -3, -2, 700}, squares[] = {1, 4, 16, 64};
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        places(i, 2 * j) = x[j];
        places(i, 2 * j + 1) = y[j];
        squared(i, j) = i == 0 ? squares[j] : (j < 2 ? 0 : 1);
      }
  }
  base::Matrix<float> place(Among how, std::size_t k = 4, std::uint64_t seed = 0) const {
    base::Matrix<float> few(2, 2 * k), near(2, k);
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2 * k; ++j) {
        few(i, j) = places(i, j);
        if (j < k) near(i, j) = squared(i, j);
      }
    return place_among(how, few.view(), near.view(), ids, seed);
  }
};

TEST(Among, MedianOfEachCoordinate) {
  const Neighbors neighbors;
  const auto of_four = neighbors.place(Among::median);
  EXPECT_EQ(of_four(0, 0), 3);
  EXPECT_EQ(of_four(0, 1), -1.5F);
  const auto of_three = neighbors.place(Among::median, 3);
  EXPECT_EQ(of_three(0, 0), 2);
  EXPECT_EQ(of_three(0, 1), -2);
  EXPECT_EQ(neighbors.place(Among::median, 1)(0, 0), 1);
}

TEST(Among, WeightsOfAMeanFallWithDistance) {
  const auto placed = Neighbors().place(Among::weighted_mean);
  const double weights = 1 + 1. / 2 + 1. / 4 + 1. / 8;
  EXPECT_NEAR(placed(0, 0), (1 + 2. / 2 + 4. / 4 + 900. / 8) / weights, 1e-4);
  EXPECT_NEAR(placed(0, 1), (-1 - 3. / 2 - 2. / 4 + 700. / 8) / weights, 1e-4);
  // Two neighbours are the point itself: where these stand, and nothing else.
  EXPECT_FLOAT_EQ(placed(1, 0), 1.5F);
  EXPECT_FLOAT_EQ(placed(1, 1), -2);
}

TEST(Among, RandomPlacesGoByThePointAndTheSeed) {
  const Neighbors neighbors;
  const auto once = neighbors.place(Among::random), again = neighbors.place(Among::random, 2),
             other = neighbors.place(Among::random, 4, 1);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t d = 0; d < 2; ++d) {
      EXPECT_EQ(once(i, d), again(i, d));
      EXPECT_NE(once(i, d), other(i, d));
      EXPECT_LT(std::abs(once(i, d)), 1e-3F);
    }
  EXPECT_NE(once(0, 0), once(1, 0));
}

}  // namespace
}  // namespace fleetsne::init
