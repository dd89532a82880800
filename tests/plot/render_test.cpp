#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/plot/raster.hpp"

#include "plot/synthetic_clusters.hpp"
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fleetsne::plot {
namespace {

using comm::Communicator;
using testing::Clusters;
using testing::make_clusters;

base::Log log;  // silent

Clusters my_clusters(const Communicator& comm, base::GlobalIndex points, int clusters) {
  const auto rows = data::RowDistribution::balanced(points, comm.size());
  return make_clusters(rows.begin(comm.rank()), rows.end(comm.rank()), clusters);
}

TEST(Render, SamePictureAsOneRankAlone) {
  const auto comm = Communicator::world();
  constexpr base::GlobalIndex points = 3001;
  const Clusters mine = my_clusters(comm, points, 7);
  for (const bool labelled : {true, false}) {
    const auto labels = labelled ? std::optional(mine.labels) : std::nullopt;
    const auto png = render_embedding(comm, mine.embedding.view(), labels, {300, "clusters"}, log);
    EXPECT_EQ(png.empty(), comm.rank() != 0);
    if (comm.rank() != 0) continue;
    const auto self = Communicator::self();
    const Clusters all = make_clusters(0, points, 7);
    const auto all_labels = labelled ? std::optional(all.labels) : std::nullopt;
    EXPECT_EQ(png, render_embedding(self, all.embedding.view(), all_labels, {300, "clusters"}, log));
  }
}

TEST(Render, ClustersLandWhereTheyAreInTheirColours) {
  const auto comm = Communicator::world();
  // Four clusters at the corners of a square, far apart; the fifth, unlabelled, in the middle.
  const std::vector<std::pair<float, float>> centers = {{-10, 10}, {10, 10}, {-10, -10}, {10, -10}, {0, 0}};
  const std::vector<Srgb> colors = category_colors(4);
  const auto rows = data::RowDistribution::balanced(2000, comm.size());
  const base::Random random(1, base::Stream::test);
  base::Matrix<float> embedding(static_cast<std::size_t>(rows.count(comm.rank())), 2);
  std::vector<std::int32_t> codes;
  for (std::size_t i = 0; i < embedding.rows(); ++i) {
    const auto row = rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i);
    const auto cluster = static_cast<std::size_t>(row % 5);
    const auto [dx, dy] = random.normal_pair(row);
    embedding(i, 0) = centers[cluster].first + static_cast<float>(0.5 * dx);
    embedding(i, 1) = centers[cluster].second + static_cast<float>(0.5 * dy);
    codes.push_back(cluster < 4 ? static_cast<std::int32_t>(cluster) : -1);
  }
  const Viewport view = fit_viewport(comm, embedding.view(), 500);
  std::vector<Ink> inks;
  for (const Srgb color : colors) inks.push_back(ink_of(color));
  inks.push_back(ink_of(missing_color));
  const Raster raster = rasterise(comm, embedding.view(), codes, inks, view, 2.0);
  if (comm.rank() != 0) return;
  const std::vector<Srgb> image = shade(raster, Coloring::labels, theme_of(Background::light));
  for (std::size_t c = 0; c < centers.size(); ++c) {
    const auto at_x = static_cast<std::size_t>(view.pixel_x(static_cast<double>(centers[c].first)));
    const auto at_y = static_cast<std::size_t>(view.pixel_y(static_cast<double>(centers[c].second)));
    const Srgb expected = c < 4 ? colors[c] : missing_color;
    double nearest = 1e9;
    for (std::size_t y = at_y - 8; y <= at_y + 8; ++y) {
      for (std::size_t x = at_x - 8; x <= at_x + 8; ++x) {
        nearest = std::min(nearest, safe_distance(image[y * 500 + x], expected));
      }
    }
    EXPECT_LT(nearest, 0.02) << "cluster " << c;
  }
  EXPECT_EQ(image.front(), white);
  EXPECT_EQ(image[250 * 500 + 20], white) << "the gap between two clusters";
}

TEST(Render, FewOddEmbeddingsAreDrawn) {
  const auto comm = Communicator::world();
  for (const base::GlobalIndex points : {0, 1, 2, 5}) {
    const auto rows = data::RowDistribution::balanced(points, comm.size());
    const base::Matrix<float> equal(static_cast<std::size_t>(rows.count(comm.rank())), 2);
    data::Labels labels;
    labels.categories = {"only"};
    labels.codes.assign(equal.rows(), 0);
    EXPECT_EQ(render_embedding(comm, equal.view(), labels, {100, ""}, log).empty(), comm.rank() != 0)
        << points;
    EXPECT_EQ(render_embedding(comm, equal.view(), std::nullopt, {100, ""}, log).empty(), comm.rank() != 0)
        << points;
  }
}

TEST(Render, SizesOutOfRangeAreRefused) {
  const auto comm = Communicator::world();
  const Clusters mine = my_clusters(comm, 100, 3);
  for (const int size : {0, -5, smallest_size - 1, largest_size + 1}) {
    try {
      render_embedding(comm, mine.embedding.view(), std::nullopt, {size, ""}, log);
      ADD_FAILURE() << size << " was taken";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::usage);
    }
  }
  const auto png = render_embedding(comm, mine.embedding.view(), std::nullopt, {smallest_size, ""}, log);
  EXPECT_EQ(png.empty(), comm.rank() != 0);
}

TEST(Plot, WritesTheFileAndRefusesWhatCannotBeWritten) {
  const auto comm = Communicator::world();
  const Clusters mine = my_clusters(comm, 500, 3);
  const std::string path = comm.broadcast((std::filesystem::temp_directory_path() /
                                           ("fleetsne_plot_" + std::to_string(static_cast<long>(getpid())) +
                                            "_" + std::to_string(static_cast<long>(comm.size())) + ".png"))
                                              .string(),
                                          0);
  plot_embedding(comm, mine.embedding.view(), mine.labels, path, {200, "three clusters"}, log);
  const auto png = render_embedding(comm, mine.embedding.view(), mine.labels, {200, "three clusters"}, log);
  if (comm.rank() == 0) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<unsigned char> written{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(written, png);
    std::filesystem::remove(path);
  }
  EXPECT_THROW(
      plot_embedding(comm, mine.embedding.view(), std::nullopt, "/no/such/folder/a.png", {200, ""}, log),
      base::Error);
}

}  // namespace
}  // namespace fleetsne::plot
