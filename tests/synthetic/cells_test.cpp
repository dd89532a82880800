#include "fleetsne/synthetic/cells.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace fleetsne::synthetic {
namespace {

struct Made {
  base::Matrix<float> rows;
  std::vector<std::int32_t> labels;
};

Made make(const CellsConfig& config, base::GlobalIndex first, std::size_t count) {
  Made made{base::padded_matrix<float>(count, config.columns), std::vector<std::int32_t>(count)};
  Cells(config).make(first, made.rows, made.labels);
  return made;
}

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

/// Share of the rows whose label is that of the nearest centre.
double nearest_is_own(const CellsConfig& config, std::size_t count) {
  const Cells cells(config);
  const Made made = make(config, 0, count);
  std::size_t own = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t nearest = 0;
    double least = std::numeric_limits<double>::max();
    for (std::size_t c = 0; c < cells.clusters(); ++c) {
      const double distance = squared_distance(made.rows.row(i), cells.centre(c));
      if (distance >= least) continue;
      least = distance;
      nearest = c;
    }
    own += nearest == static_cast<std::size_t>(made.labels[i]) ? 1 : 0;
  }
  return static_cast<double>(own) / static_cast<double>(count);
}

std::vector<double> variances(const base::Matrix<float>& rows) {
  std::vector<double> result;
  for (std::size_t j = 0; j < rows.columns(); ++j) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      sum += rows(i, j);
      square += static_cast<double>(rows(i, j)) * rows(i, j);
    }
    const auto n = static_cast<double>(rows.rows());
    result.push_back(square / n - sum / n * (sum / n));
  }
  return result;
}

TEST(Cells, ARowDependsOnConfigAndIndexAlone) {
  for (const std::size_t columns : {1, 3, 16, 50}) {
    const CellsConfig config{.columns = columns, .seed = 5};
    const Made whole = make(config, 0, 3000);
    for (const auto& [first, count] :
         {std::pair(0, 1), std::pair(0, 1100), std::pair(17, 2000), std::pair(2999, 1)}) {
      const Made part = make(config, first, static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) {
        const auto here = static_cast<std::size_t>(i), there = here + static_cast<std::size_t>(first);
        ASSERT_EQ(part.labels[here], whole.labels[there]);
        ASSERT_TRUE(std::ranges::equal(part.rows.row(here), whole.rows.row(there)));
      }
    }
  }
}

TEST(Cells, ThreadsDoNotMatter) {
  const int threads = omp_get_max_threads();
  const CellsConfig config;
  const Made here = make(config, 1'000'000'000'000, 5000);
  for (const int other : {1, 2, 3}) {
    omp_set_num_threads(other);
    const Made there = make(config, 1'000'000'000'000, 5000);
    EXPECT_TRUE(std::ranges::equal(here.rows.elements(), there.rows.elements()));
    EXPECT_EQ(here.labels, there.labels);
  }
  omp_set_num_threads(threads);
}

TEST(Cells, SeedsAndRowsDiffer) {
  const Made one = make({.seed = 1}, 0, 100), two = make({.seed = 2}, 0, 100);
  EXPECT_NE(one.labels, two.labels);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_GT(squared_distance(one.rows.row(i), two.rows.row(i)), 0);
    EXPECT_GT(squared_distance(one.rows.row(i), one.rows.row((i + 1) % 100)), 0);
  }
}

TEST(Cells, ClustersHaveUnevenSizesAsTheirShares) {
  const CellsConfig config{.trajectories = 0};
  const Cells cells(config);
  constexpr std::size_t count = 100'000;
  std::vector<std::size_t> sizes(config.clusters);
  for (const std::int32_t label : make(config, 0, count).labels) ++sizes.at(static_cast<std::size_t>(label));
  double shares = 0;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    const double expected = cells.share(c) * count;
    EXPECT_NEAR(static_cast<double>(sizes[c]), expected, 5 * std::sqrt(expected) + 5);
    shares += cells.share(c);
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  // The largest tenth of the clusters holds much more than a tenth of the rows, and some are rare.
  std::ranges::sort(sizes, std::greater());
  EXPECT_GT(std::accumulate(sizes.begin(), sizes.begin() + 30, std::size_t{0}), count * 35 / 100);
  EXPECT_GT(sizes.front(), 20 * sizes[150]);
  EXPECT_LT(sizes[290], count / 2000);
}

TEST(Cells, LabelsAreMostlyThoseOfTheNearestCentre) {
  const double as_real = nearest_is_own({}, 4000);
  EXPECT_GT(as_real, 0.75);
  EXPECT_LT(as_real, 0.95);
  EXPECT_GT(nearest_is_own({.trajectories = 0, .noise = 0}, 4000), as_real);
  EXPECT_GT(nearest_is_own({.trajectories = 0, .noise = 0, .separation = 4}, 4000), 0.995);
  // Paths begin and end in their clusters, and belong to the nearer one.
  EXPECT_GT(nearest_is_own({.trajectories = 1, .noise = 0, .separation = 4}, 4000), 0.8);
}

TEST(Cells, VarianceFallsOverTheColumns) {
  const std::vector<double> all = variances(make({}, 0, 50'000).rows);
  const auto mean = [&](std::size_t first, std::size_t last) {
    return std::accumulate(all.begin() + static_cast<std::ptrdiff_t>(first),
                           all.begin() + static_cast<std::ptrdiff_t>(last), 0.0) /
           static_cast<double>(last - first);
  };
  EXPECT_GT(mean(0, 2), 2 * mean(4, 8));
  EXPECT_GT(mean(4, 8), 2 * mean(12, 20));
  EXPECT_GT(mean(12, 20), 1.5 * mean(40, 50));
  EXPECT_GT(mean(40, 50), 0.1);
}

TEST(Cells, NoiseLiesBetweenClusters) {
  // Of two cells, or faded: nearer to the mean of all.
  const auto from_mean = [](double noise) {
    const std::vector<double> all = variances(make({.trajectories = 0, .noise = noise}, 0, 20'000).rows);
    return std::accumulate(all.begin(), all.end(), 0.0);
  };
  EXPECT_LT(from_mean(1), 0.8 * from_mean(0));
}

TEST(Cells, OneClusterAndOneColumnAreNoErrors) {
  const Made made = make({.columns = 1, .clusters = 1, .trajectories = 1, .noise = 0.5}, 0, 100);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(made.labels[i], 0);
    EXPECT_TRUE(std::isfinite(made.rows(i, 0)));
  }
}

}  // namespace
}  // namespace fleetsne::synthetic
