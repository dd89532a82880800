#include "fleetsne/plot/color.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::plot {
namespace {

TEST(Color, OklabOfKnownColours) {
  // Reference values of the article: white, and the red primary.
  const Oklab of_white = to_oklab(white);
  EXPECT_NEAR(of_white.lightness, 1.0, 1e-6);
  EXPECT_NEAR(std::hypot(of_white.green_red, of_white.blue_yellow), 0.0, 1e-6);
  const Oklab red = to_oklab({255, 0, 0});
  EXPECT_NEAR(red.lightness, 0.627955, 1e-5);
  EXPECT_NEAR(red.green_red, 0.224863, 1e-5);
  EXPECT_NEAR(red.blue_yellow, 0.125846, 1e-5);
}

TEST(Color, OklabAndBack) {
  for (int v = 0; v < 256; v += 5) {
    const Srgb color{static_cast<std::uint8_t>(v), static_cast<std::uint8_t>(255 - v),
                     static_cast<std::uint8_t>(v / 2)};
    EXPECT_EQ(to_srgb(to_oklab(color)), color) << v;
  }
}

double least_distance(const std::vector<Srgb>& colors) {
  double least = 1e9;
  for (std::size_t i = 0; i < colors.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) least = std::min(least, safe_distance(colors[i], colors[j]));
  }
  return least;
}

TEST(Color, CategoriesCanBeToldApartAlsoByTheColourBlind) {
  // The nearest two of Okabe and Ito's seven are 0.076 apart.
  EXPECT_GT(least_distance(category_colors(10)), 0.07);
  EXPECT_GT(least_distance(category_colors(20)), 0.06);
  EXPECT_GT(least_distance(category_colors(40)), 0.035);
  EXPECT_LT(safe_distance({200, 30, 30}, {120, 90, 0}), 0.06)
      << "red and brown look alike without green cones";
}

TEST(Color, CategoriesDifferFromPaperAndFromMissing) {
  for (const Srgb color : category_colors(100)) {
    EXPECT_GT(safe_distance(color, white), 0.08);
    EXPECT_FALSE(color == missing_color);
  }
}

TEST(Color, ACategoryKeepsItsColourWhenOthersAreAdded) {
  const std::vector<Srgb> few = category_colors(12), many = category_colors(300);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  EXPECT_EQ(many.size(), 300U);
  EXPECT_EQ(many[256], many[0]);
  EXPECT_TRUE(category_colors(0).empty());
}

TEST(Color, DensityDarkensAllTheWay) {
  for (int percent = 0; percent < 99; ++percent) {
    const double level = percent / 100.0;
    EXPECT_GT(density_color(level).lightness, density_color(level + 0.01).lightness) << level;
  }
}

}  // namespace
}  // namespace fleetsne::plot
