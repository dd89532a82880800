// The grid's force and Z against the exact sum, at every scale that an embedding passes through.
#include "fleetsne/base/error.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/optimize/field.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::optimize {
namespace {

using comm::Communicator;
using comm::Reduction;

/// This rank's share of `total` points: three uneven clusters and a background, standard deviation `scale`.
std::vector<float> points_of_this_rank(const Communicator& comm, base::GlobalIndex total, double scale) {
  const base::Random random(5, base::Stream::test);
  const auto rows = data::RowDistribution::balanced(total, comm.size());
  std::vector<float> result;
  for (auto i = rows.begin(comm.rank()); i < rows.end(comm.rank()); ++i) {
    const auto [x, y] = random.normal_pair(i);
    const double cluster = static_cast<double>(i % 4), spread = cluster == 3 ? 0.8 : 0.3;
    result.push_back(static_cast<float>(scale * (spread * x + 1.2 * std::cos(2.1 * cluster))));
    result.push_back(static_cast<float>(scale * (spread * y + 1.2 * std::sin(2.1 * cluster) + 3)));
  }
  return result;
}

Box box_of(const Communicator& comm, const std::vector<float>& points) {
  double bounds[4] = {-1e30, -1e30, -1e30, -1e30};
  for (std::size_t i = 0; i < points.size(); i += 2) {
    const double x = static_cast<double>(points[i]), y = static_cast<double>(points[i + 1]);
    bounds[0] = std::max(bounds[0], -x);
    bounds[1] = std::max(bounds[1], x);
    bounds[2] = std::max(bounds[2], -y);
    bounds[3] = std::max(bounds[3], y);
  }
  comm.all_reduce(std::span<double>(bounds), Reduction::max);
  return {-bounds[0], bounds[1], -bounds[2], bounds[3]};
}

struct Sums {
  std::vector<float> forces;
  double z;
};

Sums compute(const Communicator& comm, Field& field, const std::vector<float>& points,
             base::GlobalIndex total) {
  Sums sums{std::vector<float>(points.size()), 0};
  const double phi = field.compute(points, box_of(comm, points), sums.forces);
  sums.z = comm.all_reduce(phi, Reduction::sum) - static_cast<double>(total);
  return sums;
}

double relative_error(const Communicator& comm, const std::vector<float>& got,
                      const std::vector<float>& wanted) {
  double sums[2] = {0, 0};
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = static_cast<double>(got[i]) - static_cast<double>(wanted[i]);
    sums[0] += difference * difference;
    sums[1] += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
  }
  comm.all_reduce(std::span<double>(sums), Reduction::sum);
  return std::sqrt(sums[0] / sums[1]);
}

struct Setting {
  double scale;             // standard deviation
  base::GlobalIndex total;  // points
  double step;              // that the grid takes there
  double dof = 1;
};

class FieldAtScale : public testing::TestWithParam<Setting> {};

TEST_P(FieldAtScale, ForceAndZAgreeWithTheExactSumByBothPaths) {
  const auto comm = Communicator::world();
  const auto [scale, total, step, dof] = GetParam();
  const auto points = points_of_this_rank(comm, total, scale);
  const auto exact_field = make_exact_field(comm, dof);
  const Sums exact = compute(comm, *exact_field, points, total);
  for (const GridSharing sharing : {GridSharing::reduced, GridSharing::slab}) {
    const auto field = make_grid_field(comm, total, sharing, dof);
    const Sums grid = compute(comm, *field, points, total);
    const double error = relative_error(comm, grid.forces, exact.forces);
    EXPECT_LE(error, 5e-3);
    EXPECT_NEAR(grid.z, exact.z, 1e-3 * exact.z);
    EXPECT_EQ(field->shared_by_slabs(), sharing == GridSharing::slab);
    EXPECT_DOUBLE_EQ(field->shape().step, step);
    if (comm.rank() == 0) {
      std::printf("dof %g, scale %g: relative force error %.2e, of Z %.2e, grid %d x %d, step %.3f\n", dof,
                  scale, error, std::abs(grid.z / exact.z - 1), field->shape().padded_rows,
                  field->shape().padded_columns, field->shape().step);
    }
  }
}

// Few points stand apart at every scale and take the finest steps; many, as in a real run, take 3/8.
INSTANTIATE_TEST_SUITE_P(Scales, FieldAtScale,
                         testing::Values(Setting{1e-4, 3001, 1. / 8}, Setting{1e-2, 3001, 1. / 8},
                                         Setting{1, 3001, 1. / 4}, Setting{30, 3001, 1. / 4},
                                         Setting{100, 3001, 1. / 4}, Setting{20, 5000, 3. / 8},
                                         Setting{30, 12000, 3. / 8}, Setting{10, 20000, 3. / 8}));

// Heavier and lighter tails; scales are in units of sqrt(dof).
INSTANTIATE_TEST_SUITE_P(DegreesOfFreedom, FieldAtScale,
                         testing::Values(Setting{1e-4, 2001, 1. / 8, 0.5}, Setting{30, 2001, 1. / 4, 0.5},
                                         Setting{20, 5000, 3. / 8, 0.5}, Setting{1, 2001, 1. / 4, 0.8},
                                         Setting{20, 5000, 3. / 8, 0.8}, Setting{30, 2001, 1. / 4, 0.1},
                                         Setting{1e-4, 2001, 1. / std::sqrt(2.) / 8, 2},
                                         Setting{20, 5000, 1. / std::sqrt(2.) * 3 / 8, 2},
                                         Setting{3, 2001, 1. / std::sqrt(100.) / 4, 100}));

TEST(Field, ReducedAndSlabAgree) {
  const auto comm = Communicator::world();
  const base::GlobalIndex total = 5000;
  const auto points = points_of_this_rank(comm, total, 20);
  const auto reduced = make_grid_field(comm, total, GridSharing::reduced);
  const auto slab = make_grid_field(comm, total, GridSharing::slab);
  const Sums a = compute(comm, *reduced, points, total), b = compute(comm, *slab, points, total);
  EXPECT_LE(relative_error(comm, a.forces, b.forces), 1e-4);
  EXPECT_NEAR(a.z, b.z, 1e-5 * b.z);
}

TEST(Field, SameBitsTwice) {
  const auto comm = Communicator::world();
  const auto points = points_of_this_rank(comm, 4000, 10);
  for (const GridSharing sharing : {GridSharing::reduced, GridSharing::slab}) {
    const auto first = make_grid_field(comm, 4000, sharing), second = make_grid_field(comm, 4000, sharing);
    const Sums a = compute(comm, *first, points, 4000), b = compute(comm, *second, points, 4000);
    EXPECT_EQ(a.forces, b.forces);
    EXPECT_EQ(a.z, b.z);
  }
}

TEST(Field, OnlyStripsThatPointsTouchTravelToSlabs) {
  const auto comm = Communicator::world();
  // A cluster for each rank far from the others' on a diagonal, and one point of rank 0 at its end, so that
  // rank 0's rectangle is the whole grid.
  const base::Random random(8, base::Stream::test);
  std::vector<float> points;
  for (int i = 0; i < 500; ++i) {
    const auto [x, y] = random.normal_pair(1000 * comm.rank() + i);
    points.push_back(static_cast<float>(x + 20 * comm.rank()));
    points.push_back(static_cast<float>(y + 20 * comm.rank()));
  }
  if (comm.rank() == 0) points.resize(points.size() + 2, 100.F);
  const base::GlobalIndex total = 500 * comm.size() + 1;
  const auto slab = make_grid_field(comm, total, GridSharing::slab);
  const auto exact = make_exact_field(comm);
  const Sums got = compute(comm, *slab, points, total), wanted = compute(comm, *exact, points, total);
  EXPECT_LE(relative_error(comm, got.forces, wanted.forces), 5e-3);
  const std::int64_t sent = comm.all_reduce(slab->traffic().grid, Reduction::sum);
  const auto grid = static_cast<std::int64_t>(slab->shape().cells() * sizeof(float));
  if (comm.size() == 1) {
    EXPECT_EQ(sent, 0);
  } else {
    EXPECT_GT(sent, 0);
    // Charges and potentials of clusters of some 8 x 8, a bit for every strip of rank 0's rectangle, and the
    // wide grid.
    EXPECT_LT(sent, grid / 2);
  }
}

TEST(Field, OnePointFeelsNothing) {
  const auto comm = Communicator::world();
  const std::vector<float> points = comm.rank() == 0 ? std::vector<float>{3.F, 4.F} : std::vector<float>{};
  const auto field = make_grid_field(comm, 1, GridSharing::automatic);
  const Sums sums = compute(comm, *field, points, 1);
  for (const float force : sums.forces) EXPECT_NEAR(force, 0, 1e-6);
  EXPECT_NEAR(sums.z, 0, 1e-4);
}

TEST(GridShape, StaysWhileItServesAndGrowsWhenItMust) {
  const Box small{-1, 1, -1, 1}, larger{-1.05, 1.05, -1, 1}, large{-40, 40, -30, 30};
  const GridShape first = fitting_grid(small, 1000, {});
  EXPECT_EQ(fitting_grid(larger, 1000, first), first);
  const GridShape grown = fitting_grid(large, 1000, first);
  EXPECT_GE(grown.columns * grown.step, 80);
  EXPECT_GE(grown.rows * grown.step, 60);
  EXPECT_EQ(good_transform_size(11), 12);
  EXPECT_EQ(good_transform_size(121), 126);
  EXPECT_EQ(good_transform_size(730), 768) << "not 750, which takes longer";
}

TEST(GridShape, AFinerGridIsKeptWhileTheDensityHoversAtTheNextStep) {
  const auto box_of_density = [](double density) {
    const double side = std::sqrt(10000 / density);
    return Box{0, side, 0, side};
  };
  const GridShape coarse = fitting_grid(box_of_density(0.16), 10000, {});
  EXPECT_EQ(coarse.step, 3. / 8);
  const GridShape fine = fitting_grid(box_of_density(0.14), 10000, coarse);
  EXPECT_EQ(fine.step, 1. / 4);
  EXPECT_EQ(fitting_grid(box_of_density(0.16), 10000, fine), fine);
  EXPECT_EQ(fitting_grid(box_of_density(0.2), 10000, fine).step, 3. / 8);
}

TEST(GridShape, AFinerGridIsKeptForMoreDegreesOfFreedomToo) {
  const double width = 1 / std::sqrt(3.0);
  const auto box_of_density = [&](double density) {  // in units of the kernel's width
    const double side = width * std::sqrt(10000 / density);
    return Box{0, side, 0, side};
  };
  const GridShape fine = fitting_grid(box_of_density(0.14), 10000, {.dof = 3});
  EXPECT_EQ(fine.dof, 3);
  EXPECT_DOUBLE_EQ(fine.step, width / 4);
  EXPECT_EQ(fitting_grid(box_of_density(0.16), 10000, fine), fine);
  EXPECT_DOUBLE_EQ(fitting_grid(box_of_density(0.2), 10000, fine).step, width * 3 / 8);
}

TEST(GridShape, AnEmbeddingThatFliesApartIsRefusedBeforeItTakesAllMemory) {
  for (const double span : {1e5, 1e12, 1e30}) {
    EXPECT_THROW(fitting_grid({0, span, 0, span}, 1000, {}), base::NumericalError);
    EXPECT_THROW(fitting_grid({0, 1, 0, span}, 1000, {}), base::NumericalError);
  }
}

TEST(Field, AnEmbeddingThatFliesApartEndsAllRanks) {
  const auto comm = Communicator::world();
  const auto points = points_of_this_rank(comm, 2000, 1e8);
  const auto field = make_grid_field(comm, 2000, GridSharing::automatic);
  try {
    compute(comm, *field, points, 2000);
    ADD_FAILURE() << "not noticed";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::numerical);
  }
}

}  // namespace
}  // namespace fleetsne::optimize
