#include "fleetsne/base/error.hpp"
#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/plot/ticks.hpp"

#include "plot/synthetic_clusters.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace fleetsne::plot {
namespace {

using comm::Communicator;
using testing::Clusters;
using testing::make_clusters;

constexpr base::GlobalIndex points = 2003;
base::Log log;  // silent

/// A rank's part of clusters, and a number for every point: its column, none for every 7th.
struct Scene {
  Clusters clusters;
  data::Numbers numbers{.name = "depth", .values = {}};

  Scene(const Communicator& comm, int count) {
    const auto rows = data::RowDistribution::balanced(points, comm.size());
    clusters = make_clusters(rows.begin(comm.rank()), rows.end(comm.rank()), count);
    for (std::size_t i = 0; i < clusters.embedding.rows(); ++i)
      numbers.values.push_back((rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i)) % 7 == 6
                                   ? std::numeric_limits<double>::quiet_NaN()
                                   : static_cast<double>(clusters.embedding(i, 0)));
  }
  PointColors colors() const { return {&clusters.labels, &numbers}; }
  std::vector<Panel> panels() const {
    return {{clusters.embedding.view(), "all points", Coloring::density},
            {clusters.embedding.view(), "by cell type", Coloring::labels},
            {clusters.embedding.view(), "by depth", Coloring::values}};
  }
};

TEST(Panels, SamePictureAsOneRankAlone) {
  const auto comm = Communicator::world();
  const Scene mine(comm, 30);
  for (const Background background : {Background::light, Background::dark}) {
    const PlotConfig config{.size = 240,
                            .title = "three",
                            .background = background,
                            .rotation = 30,
                            .axes = true,
                            .marks = Marks::always};
    const auto png = render_panels(comm, mine.panels(), mine.colors(), config, log);
    EXPECT_EQ(png.empty(), comm.rank() != 0);
    if (comm.rank() != 0) continue;
    const auto self = Communicator::self();
    const Scene all(self, 30);
    EXPECT_EQ(png, render_panels(self, all.panels(), all.colors(), config, log));
  }
}

TEST(Panels, LargeNumbersKeepTheirDifferences) {
  const auto comm = Communicator::world();
  Scene mine(comm, 3);
  std::vector<std::vector<unsigned char>> pngs;
  for (const double offset : {0.0, double{1LL << 40}}) {
    data::Numbers numbers{.name = "time", .values = {}};
    for (const double value : mine.numbers.values) numbers.values.push_back(std::round(8 * value) + offset);
    const Panel panel{mine.clusters.embedding.view(), "", Coloring::values};
    const auto png = render_panels(comm, std::span(&panel, 1), {nullptr, &numbers}, {.size = 200}, log);
    pngs.push_back(png);
  }
  EXPECT_TRUE(comm.rank() != 0 || pngs[0] != pngs[1]) << "the bars differ";
  EXPECT_TRUE(log.warnings().empty());
}

TEST(Panels, NumbersThatAreAllEqualOrMissingAreWarnedOf) {
  const auto comm = Communicator::world();
  const Scene mine(comm, 3);
  const Panel panel{mine.clusters.embedding.view(), "", Coloring::values};
  base::Log heard;
  for (const double value : {1.7e18, std::numeric_limits<double>::quiet_NaN()}) {
    const data::Numbers numbers{.name = "n", .values = std::vector<double>(panel.embedding.rows(), value)};
    render_panels(comm, std::span(&panel, 1), {nullptr, &numbers}, {.size = 150}, heard);
  }
  ASSERT_EQ(heard.warnings().size(), 2U);
  EXPECT_NE(heard.warnings()[0].find("all points have the same number"), std::string::npos);
  EXPECT_NE(heard.warnings()[1].find("no point has a number"), std::string::npos);
}

TEST(Panels, AWindowThatCannotBeDrawnIsRefused) {
  const auto comm = Communicator::world();
  const Scene mine(comm, 3);
  for (const Window& window : {Window{1, 1, 0, 1}, Window{2, 1, 0, 1}, Window{0, 100, 0, 1}}) {
    PlotConfig config{.size = 200};
    config.window = window;
    EXPECT_THROW(render_panels(comm, mine.panels(), mine.colors(), config, log), base::Error);
  }
}

TEST(Bounds, OfAQuarterTurnAreTurned) {
  const auto comm = Communicator::world();
  base::Matrix<float> embedding(2, 2);
  embedding(0, 0) = 3;
  embedding(1, 1) = -1;
  const Window turned = turned_bounds(comm, embedding.view(), 90).value();
  EXPECT_NEAR(turned.left, 0, 1e-6);
  EXPECT_NEAR(turned.right, 1, 1e-6);
  EXPECT_NEAR(turned.bottom, 0, 1e-6);
  EXPECT_NEAR(turned.top, 3, 1e-6);
  const Window square = with_margin(turned);
  EXPECT_NEAR(square.right - square.left, square.top - square.bottom, 1e-9);
  EXPECT_LT(square.bottom, 0);
  EXPECT_GT(square.top, 3);
}

TEST(Viewport, OfAWindowHasItsShapeAndShowsJustThat) {
  const Viewport view = viewport_of({-10, 30, 0, 10}, 800);
  EXPECT_EQ(view.width, 800);
  EXPECT_EQ(view.height, 200);
  EXPECT_NEAR(view.pixel_x(-10), 0, 1e-9);
  EXPECT_NEAR(view.pixel_y(0), 200, 1e-9);
  EXPECT_NEAR(view.window().top, 10, 1e-9);
  EXPECT_TRUE(view.shows(30, 10, 0));
  EXPECT_FALSE(view.shows(30.1, 10, 0));
  EXPECT_FALSE(view.shows(1e30, 0, 5));
}

TEST(Theme, OrderedColoursGoAwayFromThePaperAllTheWay) {
  for (int percent = 0; percent < 99; ++percent) {
    const double level = percent / 100.0, next = level + 0.01;
    EXPECT_GT(value_color(level, Background::light).lightness,
              value_color(next, Background::light).lightness);
    EXPECT_LT(value_color(level, Background::dark).lightness, value_color(next, Background::dark).lightness);
    EXPECT_LT(density_color(level, Background::dark).lightness,
              density_color(next, Background::dark).lightness);
  }
  for (const Background background : {Background::light, Background::dark}) {
    const Theme theme = theme_of(background);
    for (const Srgb color : category_colors(60, background))
      EXPECT_GT(safe_distance(color, theme.paper), background == Background::light ? 0.08 : 0.3);
    EXPECT_GT(safe_distance(theme.ink, theme.paper), 0.6);
    EXPECT_GT(safe_distance(theme.faint_ink, theme.paper), 0.35);
    EXPECT_GT(std::abs(value_color(0, background).lightness - to_oklab(theme.paper).lightness), 0.1);
  }
}

TEST(Ticks, AreRoundNumbersInside) {
  EXPECT_EQ(nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(-120, 95, 5), (std::vector<double>{-100, -50, 0, 50}));
  EXPECT_EQ(nice_ticks(3, 3, 5), (std::vector<double>{3}));
  const auto small = nice_ticks(0.0012, 0.0019, 5);
  ASSERT_GE(small.size(), 4U);
  EXPECT_NEAR(small.front(), 0.0012, 1e-12);
}

TEST(Sheet, PanelsStandApartAndTheLegendBesideThem) {
  Sheet sheet{.title = "", .note = "", .panels = {}, .columns = 2, .size = 200};
  const Srgb tints[] = {{250, 0, 0}, {0, 250, 0}, {0, 0, 250}};
  for (const Srgb tint : tints) {
    sheet.panels.push_back(
        {.width = 200, .height = 150, .pixels = std::vector<Srgb>(200 * 150, tint), .title = "panel"});
  }
  sheet.legend = legend_of("kind", std::vector<std::string>{"a", "b"}, std::vector<std::int64_t>{1, 1}, {},
                           std::vector<Srgb>{{9, 99, 9}, {99, 9, 99}});
  for (const Background background : {Background::light, Background::dark}) {
    sheet.background = background;
    const Picture picture = compose(sheet);
    for (const Srgb tint : tints)
      EXPECT_EQ(std::ranges::count(picture.pixels, tint), 200 * 150) << "nothing is drawn over a panel";
    EXPECT_EQ(picture.pixels.back(), theme_of(background).paper);
    int right_of_panels = 0;
    for (int y = 0; y < picture.height; ++y)
      for (int x = 420; x < picture.width; ++x) right_of_panels += picture.at(x, y) == Srgb{9, 99, 9} ? 1 : 0;
    EXPECT_GT(right_of_panels, 10);
  }
}

TEST(Sheet, AColourBarRunsThroughItsColours) {
  Sheet sheet{.title = "", .note = "", .panels = {}, .size = 300};
  sheet.panels.push_back({.width = 300, .height = 300, .pixels = std::vector<Srgb>(90000, white)});
  sheet.bar = ColorBar{.title = "depth", .low = -3, .high = 7};
  const Picture picture = compose(sheet);
  std::set<std::vector<int>> seen;
  for (int x = 315; x < picture.width; ++x)
    for (int y = 0; y < picture.height; ++y)
      if (const Srgb c = picture.at(x, y); c.red > c.green + 60) seen.insert({c.red, c.green, c.blue});
  EXPECT_GT(seen.size(), 50U);
  const Srgb middle = to_srgb(value_color(0.5, Background::light));
  EXPECT_TRUE(std::ranges::any_of(picture.pixels, [&](Srgb c) { return safe_distance(c, middle) < 0.01; }));
}

TEST(Legend, HoldsWhatThereIsRoomFor) {
  Sheet sheet{.title = "", .note = "", .panels = {}, .size = 1000};
  EXPECT_GT(legend_room(sheet), 60U);
  sheet.size = 150;
  EXPECT_LT(legend_room(sheet), 30U);
}

}  // namespace
}  // namespace fleetsne::plot
