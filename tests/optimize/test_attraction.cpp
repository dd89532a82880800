// The attraction kernels against sums over entries in float64, and what the compressed affinities do to the
// gradient.
#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/data/tile_writer.hpp"
#include "fleetsne/optimize/attraction.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/optimize/joint_objective.hpp"
#include "fleetsne/optimize/optimize.hpp"

#include "support/exact_probabilities.hpp"
#include "support/small_data.hpp"
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace fleetsne::optimize {
namespace {

using comm::Communicator;
using data::ValueCoding;

/// A matrix of this process alone, with rows of all lengths from 0 on, and one of every column.
data::SparseMatrix rows_of_all_lengths(ValueCoding coding, data::TileShape shape) {
  constexpr base::LocalIndex rows = 200, columns = 3000;
  const base::Random random(3, base::Stream::test);
  data::SparseMatrix matrix;
  matrix.row_count = rows;
  matrix.coding = coding;
  data::TileWriter writer(columns, coding, matrix.storage, shape);
  writer.start(0, matrix.tiles);
  for (base::LocalIndex i = 0; i < rows; ++i) {
    std::map<base::LocalIndex, float> row;
    const base::LocalIndex count = i == 150 ? columns : i < 100 ? i : 20 * (i - 100);
    for (base::LocalIndex j = 0; j < count; ++j) {
      const auto id = static_cast<base::GlobalIndex>(i) * columns + j;
      const auto column = i == 150 ? j : static_cast<base::LocalIndex>(random.uniform(id) * columns);
      row[column] = static_cast<float>(std::pow(random.uniform(id, 1), 3));
    }
    std::vector<data::Edge> edges;
    for (const auto& [column, value] : row) edges.push_back({column, value});
    writer.add(edges);
  }
  writer.finish();
  matrix.scale(1e-6);
  return matrix;
}

std::vector<float> some_positions(std::size_t count) {
  const base::Random random(4, base::Stream::test);
  std::vector<float> positions;
  for (std::size_t i = 0; i < count; ++i) {
    const auto [x, y] = random.normal_pair(static_cast<base::GlobalIndex>(i));
    positions.push_back(static_cast<float>(5 * x));
    positions.push_back(static_cast<float>(5 * y));
  }
  return positions;
}

/// Entry by entry, in float64.
struct Expected {
  std::vector<double> forces, size;  // size: what the terms of a force add up to without their signs
  double energy = 0, negative_entropy = 0;
  Expected(const data::SparseMatrix& matrix, std::span<const float> y)
      : forces(2 * matrix.local_rows()), size(2 * matrix.local_rows()) {
    matrix.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float value) {
      const auto i = 2 * static_cast<std::size_t>(row), j = 2 * static_cast<std::size_t>(column);
      const auto p = static_cast<double>(value);
      const double d[2] = {static_cast<double>(y[i]) - static_cast<double>(y[j]),
                           static_cast<double>(y[i + 1]) - static_cast<double>(y[j + 1])};
      const double q = 1 + d[0] * d[0] + d[1] * d[1];
      for (const std::size_t c : {0U, 1U}) {
        forces[i + c] += p * d[c] / q;
        size[i + c] += std::abs(p * d[c] / q);
      }
      energy += p * std::log(q);
      negative_entropy += p * std::log(p);
    });
  }
};

class EveryCoding : public testing::TestWithParam<std::tuple<ValueCoding, data::TileShape>> {
 protected:
  data::SparseMatrix matrix_ = rows_of_all_lengths(std::get<0>(GetParam()), std::get<1>(GetParam()));
  std::vector<float> positions_ = some_positions(3000);
};

TEST_P(EveryCoding, BothKernelsSumTheForces) {
  const Expected expected(matrix_, positions_);
  for (const Kernel kernel : {Kernel::fastest, Kernel::portable}) {
    Attraction attraction(matrix_, kernel);
    std::vector<float> forces(expected.forces.size(), 7);
    attraction.sum(positions_, forces);
    for (std::size_t i = 0; i < forces.size(); ++i)
      ASSERT_NEAR(static_cast<double>(forces[i]), expected.forces[i], 1e-6 * expected.size[i]) << i;
  }
}

TEST_P(EveryCoding, EnergyAndEntropyAreSumsOverEntries) {
  const Expected expected(matrix_, positions_);
  EXPECT_NEAR(Attraction(matrix_).energy(positions_), expected.energy, 1e-6 * expected.energy);
  EXPECT_NEAR(negative_entropy(matrix_), expected.negative_entropy, -1e-6 * expected.negative_entropy);
}

TEST_P(EveryCoding, IsTheSameForAnyNumberOfThreads) {
  const int threads = omp_get_max_threads();
  std::vector<std::vector<float>> forces;
  std::vector<double> energies;
  for (const int n : {1, 2, 3}) {
    omp_set_num_threads(n);
    Attraction attraction(matrix_);
    forces.emplace_back(2 * matrix_.local_rows());
    attraction.sum(positions_, forces.back());
    energies.push_back(attraction.energy(positions_));
  }
  omp_set_num_threads(threads);
  EXPECT_EQ(forces[0], forces[1]);
  EXPECT_EQ(forces[0], forces[2]);
  EXPECT_EQ(energies[0], energies[1]);
  EXPECT_EQ(energies[0], energies[2]);
}

INSTANTIATE_TEST_SUITE_P(Tiles, EveryCoding,
                         testing::Combine(testing::Values(ValueCoding::squared16, ValueCoding::uniform),
                                          testing::Values(data::TileShape{}, data::TileShape{.columns = 400},
                                                          data::TileShape{.part_columns = 300,
                                                                          .part_entries = 20})));

/// Rows of P in float64, dense, of every row: on every rank. Collective; each finds its share of the
/// bandwidths.
base::Matrix<double> exact_affinities(const Communicator& comm, const base::Matrix<float>& points,
                                      std::size_t k, bool uniform) {
  const auto graph = test::brute_force_graph(Communicator::self(), points, k);
  std::vector<double> own;
  const auto n = static_cast<int>(points.rows());
  for (int i = n * comm.rank() / comm.size(); i < n * (comm.rank() + 1) / comm.size(); ++i) {
    const auto p = uniform
                       ? std::vector<double>(k, 1)
                       : test::exact_probabilities(graph.squared_distances.row(static_cast<std::size_t>(i)),
                                                   static_cast<double>(k) / 3);
    own.insert(own.end(), p.begin(), p.end());
  }
  const auto probabilities = comm.all_gather(std::span<const double>(own)).values;
  base::Matrix<double> result(points.rows(), points.rows());
  double sum = 0;
  for (std::size_t i = 0; i < points.rows(); ++i)
    for (std::size_t j = 0; j < k; ++j) {
      const auto column = static_cast<std::size_t>(graph.columns(i, j));
      result(i, column) += probabilities[i * k + j];
      result(column, i) += probabilities[i * k + j];
    }
  for (double& p : result.elements()) {
    if (uniform) p = p > 0 ? 1 : 0;
    sum += p;
  }
  for (double& p : result.elements()) p /= sum;
  return result;
}

/// Attraction minus repulsion in float64 over every pair, of this rank's rows; in `attraction` the first
/// part.
std::vector<double> exact_gradient(const base::Matrix<double>& p, std::span<const float> y,
                                   base::GlobalIndex first, std::size_t rows,
                                   std::vector<double>& attraction) {
  const std::size_t n = p.rows();
  std::vector<double> repulsion(2 * rows, 0), gradient(2 * rows, 0);
  attraction.assign(2 * rows, 0);
  double z = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto local = static_cast<std::ptrdiff_t>(i) - first;
    const bool mine = local >= 0 && local < static_cast<std::ptrdiff_t>(rows);
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      const double d[2] = {static_cast<double>(y[2 * i]) - static_cast<double>(y[2 * j]),
                           static_cast<double>(y[2 * i + 1]) - static_cast<double>(y[2 * j + 1])};
      const double w = 1 / (1 + d[0] * d[0] + d[1] * d[1]);
      z += w;
      for (std::size_t c = 0; mine && c < 2; ++c) {
        const auto at = 2 * static_cast<std::size_t>(local) + c;
        attraction[at] += p(i, j) * w * d[c];
        repulsion[at] += w * w * d[c];
      }
    }
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] = attraction[i] - repulsion[i] / z;
  return gradient;
}

double norm(const Communicator& comm, std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(comm.all_reduce(sum, comm::Reduction::sum));
}

class CompressedGradient : public testing::TestWithParam<std::pair<std::size_t, bool>> {};

TEST_P(CompressedGradient, IsTheFloat64OneWithin1e3InALateEmbedding) {
  const auto comm = Communicator::world();
  const auto [k, uniform] = GetParam();
  const auto points = test::clustered_points(1000, 6);
  base::Log log;
  auto graph = test::brute_force_graph(comm, points, k);
  const auto affinities =
      uniform ? affinity::uniform_affinities(comm, std::move(graph), log)
              : affinity::perplexity_affinities(comm, std::move(graph), static_cast<double>(k) / 3, log);
  base::Matrix<float> start(affinities.local_rows(), 2);
  const base::Random random(9, base::Stream::test);
  const base::GlobalIndex first = affinities.rows.begin(comm.rank());
  for (std::size_t i = 0; i < start.rows(); ++i) {
    const auto [x, y] = random.normal_pair(first + static_cast<base::GlobalIndex>(i));
    start(i, 0) = static_cast<float>(1e-4 * x);
    start(i, 1) = static_cast<float>(1e-4 * y);
  }
  OptimizeConfig config;
  config.stages = {{100, 12, 0.8}, {100, 1, 0.8}};
  const auto late = optimize(comm, affinities, std::move(start), config, log);
  const Descent descent{base::Matrix<float>(late.embedding)};
  JointObjective objective(comm, affinities, Repulsion::exact, GridSharing::automatic);
  std::vector<float> gradient(2 * affinities.local_rows());
  objective.gradient(late.embedding.elements(), descent.bounding_box(comm), 1, gradient);

  const auto everywhere = comm.all_gather(late.embedding.elements()).values;
  std::vector<double> attraction, difference;
  const auto expected = exact_gradient(exact_affinities(comm, points, k, uniform), everywhere, first,
                                       affinities.local_rows(), attraction);
  for (std::size_t i = 0; i < expected.size(); ++i)
    difference.push_back(static_cast<double>(gradient[i]) - expected[i]);
  const double whole = norm(comm, expected), error = norm(comm, difference) / whole;
  const double cancelled = whole / norm(comm, attraction);
  EXPECT_LT(error, 1e-3);
  EXPECT_LT(cancelled, 0.05) << "or the embedding is not late enough to show anything";
  EXPECT_LT(error * cancelled, 2e-5) << "of the attraction alone";
}

INSTANTIATE_TEST_SUITE_P(Neighbours, CompressedGradient,
                         testing::Values(std::pair(150, false), std::pair(900, false), std::pair(15, true)));

}  // namespace
}  // namespace fleetsne::optimize
