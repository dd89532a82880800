#include "fleetsne/plot/raster.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include "plot/synthetic_clusters.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace fleetsne::plot {
namespace {

using comm::Communicator;

const std::vector<Ink> one_ink{ink_of(missing_color)};

/// Of the categories, and of none.
std::vector<Ink> inks_of(const std::vector<Srgb>& colors) {
  std::vector<Ink> inks;
  for (const Srgb color : colors) inks.push_back(ink_of(color));
  inks.push_back(ink_of(missing_color));
  return inks;
}

/// This rank's part of points that all ranks know.
base::Matrix<float> my_rows(const Communicator& comm, const std::vector<std::pair<float, float>>& points) {
  const auto rows =
      data::RowDistribution::balanced(static_cast<base::GlobalIndex>(points.size()), comm.size());
  base::Matrix<float> mine(static_cast<std::size_t>(rows.count(comm.rank())), 2);
  for (std::size_t i = 0; i < mine.rows(); ++i) {
    const auto& point = points[static_cast<std::size_t>(rows.begin(comm.rank())) + i];
    mine(i, 0) = point.first;
    mine(i, 1) = point.second;
  }
  return mine;
}

TEST(Viewport, HoldsAllPointsCentredWithEqualScales) {
  const auto comm = Communicator::world();
  const auto embedding = my_rows(comm, {{-10, 1}, {30, 2}, {0, 5}, {3, 3}, {7, 4}});
  const Viewport view = fit_viewport(comm, embedding.view(), 200);
  EXPECT_NEAR(view.pixel_x(-10), 200 * 0.03, 1e-9);
  EXPECT_NEAR(view.pixel_x(30), 200 * 0.97, 1e-9);
  EXPECT_NEAR(view.pixel_y(3), 100, 1e-9);
  EXPECT_NEAR(view.pixel_y(2) - view.pixel_y(3), view.pixel_x(3) - view.pixel_x(2), 1e-9);
}

TEST(Viewport, OnePointOrEqualPointsStandInTheMiddle) {
  const auto comm = Communicator::world();
  for (const std::size_t count : {1, 5, 0}) {
    const auto embedding = my_rows(comm, std::vector<std::pair<float, float>>(count, {3.0F, -2.0F}));
    const Viewport view = fit_viewport(comm, embedding.view(), 100);
    EXPECT_TRUE(std::isfinite(view.pixels_per_unit));
    if (count > 0) {
      EXPECT_DOUBLE_EQ(view.pixel_x(3.0), 50.0);
      EXPECT_DOUBLE_EQ(view.pixel_y(-2.0), 50.0);
    }
  }
}

TEST(Viewport, ExtremeScalesStayFinite) {
  const auto comm = Communicator::world();
  for (const float scale :
       {std::numeric_limits<float>::denorm_min(), 1e-30F, std::numeric_limits<float>::max()}) {
    const auto embedding = my_rows(comm, {{-scale, 0}, {scale, 0}, {0, scale}});
    const Viewport view = fit_viewport(comm, embedding.view(), 100);
    EXPECT_NEAR(view.pixel_x(static_cast<double>(scale)), 97.0, 1e-6);
  }
}

TEST(Viewport, NotFiniteOnOneRankIsAnErrorOnAll) {
  const auto comm = Communicator::world();
  base::Matrix<float> embedding(3, 2);
  if (comm.rank() == comm.size() - 1) embedding(1, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(fit_viewport(comm, embedding.view(), 100), comm::AgreedError);
}

TEST(PointRadius, FallsWithTheNumberOfPoints) {
  EXPECT_GT(point_radius(300, 1000), 4.0);
  EXPECT_GT(point_radius(70'000, 1000), 0.9);
  EXPECT_LT(point_radius(70'000, 1000), 2.0);
  EXPECT_EQ(point_radius(10'000'000, 1000), 0.0);
  for (std::int64_t n = 1; n < 100'000'000; n *= 2)
    EXPECT_GE(point_radius(n, 1000), point_radius(2 * n, 1000));
}

TEST(Raster, ADiscCoversItsArea) {
  const auto comm = Communicator::world();
  const auto embedding = my_rows(comm, {{0.3F, 0.2F}});
  const Viewport view{64, 64, 0.0, 0.0, 1.0};
  for (const double radius : {1.0, 2.5, 6.0}) {
    const Raster raster = rasterise(comm, embedding.view(), {}, one_ink, view, radius);
    if (comm.rank() != 0) continue;
    const auto total = std::accumulate(raster.coverage.begin(), raster.coverage.end(), std::int64_t{0});
    EXPECT_NEAR(static_cast<double>(total) / full_coverage, M_PI * radius * radius,
                0.12 * M_PI * radius * radius + 0.3);
    EXPECT_EQ(raster.coverage[31 * 64 + 32] > 0, true);
  }
}

TEST(Raster, SinglePixelsCountPointsAndWeighColours) {
  const auto comm = Communicator::world();
  const auto embedding = my_rows(comm, {{0.5F, 0.5F}, {0.5F, 0.5F}, {-31.5F, 31.5F}, {0.5F, 0.5F}});
  const std::vector<std::int32_t> all_codes = {0, 1, 1, 0};
  const auto rows = data::RowDistribution::balanced(4, comm.size());
  const std::span<const std::int32_t> codes(all_codes.data() + rows.begin(comm.rank()), embedding.rows());
  const std::vector<Srgb> colors = category_colors(2);
  const Raster raster =
      rasterise(comm, embedding.view(), codes, inks_of(colors), {64, 64, 0.0, 0.0, 1.0}, 0.0);
  if (comm.rank() != 0) {
    EXPECT_TRUE(raster.coverage.empty());
    return;
  }
  const std::size_t middle = 31 * 64 + 32, corner = 0;
  EXPECT_EQ(raster.coverage[middle], 3 * full_coverage);
  EXPECT_EQ(raster.coverage[corner], full_coverage);
  EXPECT_EQ(std::accumulate(raster.coverage.begin(), raster.coverage.end(), std::int64_t{0}),
            4 * full_coverage);
  const double expected = (2 * to_oklab(colors[0]).lightness + to_oklab(colors[1]).lightness) / 3;
  EXPECT_NEAR(
      static_cast<double>(raster.ink[0][middle]) / static_cast<double>(raster.coverage[middle]) / color_units,
      expected, 1e-3);
}

TEST(Raster, MoreBandsThanOneGiveTheSameSums) {
  const auto comm = Communicator::world();
  // 1400 x 1400 pixels take two bands; discs that straddle their border must be whole.
  std::vector<std::pair<float, float>> points;
  for (int i = 0; i < 60; ++i)
    points.emplace_back(static_cast<float>(i * 20 - 600), -49.0F + 0.1F * static_cast<float>(i));
  const auto embedding = my_rows(comm, points);
  const Raster raster = rasterise(comm, embedding.view(), {}, one_ink, {1400, 1400, 0.0, 0.0, 1.0}, 4.0);
  if (comm.rank() != 0) return;
  const auto total = std::accumulate(raster.coverage.begin(), raster.coverage.end(), std::int64_t{0});
  EXPECT_NEAR(static_cast<double>(total) / full_coverage, 60 * M_PI * 16, 60 * 2.0);
}

TEST(Raster, PointsOutsideTheViewportAreLeftOut) {
  const auto comm = Communicator::world();
  const auto embedding = my_rows(comm, {{-500.0F, 0.0F}, {0.0F, 500.0F}, {31.9F, -31.9F}});
  const Raster raster = rasterise(comm, embedding.view(), {}, one_ink, {64, 64, 0.0, 0.0, 1.0}, 3.0);
  if (comm.rank() != 0) return;
  EXPECT_GT(raster.coverage[64 * 64 - 1], 0);
  EXPECT_EQ(raster.coverage[0], 0);
}

TEST(Equalise, IsMonotoneAndSharesTheRangeEvenly) {
  std::vector<std::int64_t> coverage = {0, 60, 120};
  for (int i = 1; i <= 1000; ++i) coverage.push_back(full_coverage * i * i);
  const std::vector<double> opacity = equalise(coverage);
  EXPECT_EQ(opacity[0], 0.0);
  for (std::size_t i = 1; i < opacity.size(); ++i) EXPECT_GT(opacity[i], opacity[i - 1]) << i;
  EXPECT_DOUBLE_EQ(opacity.back(), 1.0);
  // Equal numbers of pixels, equal steps of opacity, however unequal the counts.
  EXPECT_NEAR(opacity[502] - opacity[252], opacity[1002] - opacity[752], 1e-3);
}

TEST(Equalise, AllAlikeIsFullyOpaque) {
  for (const double value : equalise(std::vector<std::int64_t>(10, full_coverage)))
    EXPECT_DOUBLE_EQ(value, 1.0);
  EXPECT_TRUE(equalise({}).empty());
}

}  // namespace
}  // namespace fleetsne::plot
