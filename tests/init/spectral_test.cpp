#include "fleetsne/init/spectral.hpp"

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/umap/fuzzy_set.hpp"

#include "components.hpp"
#include "support/small_data.hpp"
#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::init {
namespace {

using comm::Communicator;

/// Random points of a rectangle for each of these counts, far from each other; rows in random order. Sides
/// differ, so that no two eigenvalues are the same.
struct Rectangles {
  base::Matrix<float> points;
  std::vector<std::size_t> part;  ///< of each row
};

Rectangles rectangles(const std::vector<std::size_t>& counts) {
  const base::Random random(11, base::Stream::test);
  Rectangles result;
  for (std::size_t p = 0; p < counts.size(); ++p) result.part.insert(result.part.end(), counts[p], p);
  for (std::size_t i = result.part.size() - 1; i > 0; --i)
    std::swap(result.part[i], result.part[random.bits(static_cast<base::GlobalIndex>(i), 5) % (i + 1)]);
  result.points = base::padded_matrix<float>(result.part.size(), 2);
  for (std::size_t i = 0; i < result.part.size(); ++i) {
    const auto id = static_cast<base::GlobalIndex>(i);
    result.points(i, 0) =
        static_cast<float>(3 * random.uniform(id, 0)) + 100 * static_cast<float>(result.part[i]);
    result.points(i, 1) = static_cast<float>(2 * random.uniform(id, 1));
  }
  return result;
}

base::Matrix<float> own_rows(const Communicator& comm, const base::Matrix<float>& whole) {
  const auto block = test::block_of(comm, whole);
  base::Matrix<float> result(block.local.rows(), 2);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    result(i, 0) = block.local(i, 0);
    result(i, 1) = block.local(i, 1);
  }
  return result;
}

data::WeightedGraph graph_of(const Communicator& comm, const base::Matrix<float>& whole, std::size_t k) {
  base::Log log;
  return umap::fuzzy_set(comm, test::brute_force_graph(comm, whole, k), log);
}

/// The second and third eigenvector of the dense Laplacian of these rows of the graph.
Eigen::MatrixXd dense_eigenvectors(const std::vector<std::vector<double>>& weights,
                                   const std::vector<std::size_t>& rows) {
  const auto n = static_cast<Eigen::Index>(rows.size());
  Eigen::MatrixXd laplacian(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j)
      laplacian(i, j) = weights[rows[static_cast<std::size_t>(i)]][rows[static_cast<std::size_t>(j)]];
  }
  const Eigen::VectorXd root = laplacian.rowwise().sum().cwiseSqrt().cwiseInverse();
  laplacian = Eigen::MatrixXd::Identity(n, n) - (root.asDiagonal() * laplacian * root.asDiagonal()).eval();
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(laplacian).eigenvectors().middleCols(1, 2);
}

std::vector<std::vector<double>> dense(const data::WeightedGraph& graph) {
  std::vector<std::vector<double>> result(graph.local_rows(), std::vector<double>(graph.local_rows(), 0));
  for (std::size_t i = 0; i < graph.local_rows(); ++i) {
    for (std::size_t e = 0; e < graph.row_columns(i).size(); ++e)
      result[i][static_cast<std::size_t>(graph.row_columns(i)[e])] =
          static_cast<double>(graph.row_weights(i)[e]);
  }
  return result;
}

std::vector<std::vector<double>> dense(const data::SparseMatrix& graph) {
  std::vector<std::vector<double>> result(graph.local_rows(), std::vector<double>(graph.local_rows(), 0));
  graph.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float value) {
    result[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] = static_cast<double>(value);
  });
  return result;
}

/// Whether these rows of all positions are a centre plus one factor times the signed eigenvectors.
void expect_eigenvectors(std::span<const float> all, const std::vector<std::size_t>& rows,
                         Eigen::MatrixXd vectors) {
  double factor[2];
  for (const Eigen::Index d : {0, 1}) {
    Eigen::Index largest;
    vectors.col(d).cwiseAbs().maxCoeff(&largest);
    if (vectors(largest, d) < 0) vectors.col(d) *= -1;
    Eigen::VectorXd mine(static_cast<Eigen::Index>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
      mine[static_cast<Eigen::Index>(i)] =
          static_cast<double>(all[2 * rows[i] + static_cast<std::size_t>(d)]);
    const Eigen::VectorXd vector = vectors.col(d).array() - vectors.col(d).mean();
    mine.array() -= mine.mean();
    factor[d] = mine.dot(vector) / vector.squaredNorm();
    EXPECT_LT((mine / factor[d] - vector).norm(), 3e-3) << "axis " << d;
    EXPECT_GT(factor[d], 0);
  }
  EXPECT_NEAR(factor[0] / factor[1], 1, 1e-3);
}

std::vector<std::size_t> rows_of(const Rectangles& data, std::size_t part) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < data.part.size(); ++i) {
    if (data.part[i] == part) rows.push_back(i);
  }
  return rows;
}

const SpectralConfig exact{.tolerance = 2e-6, .most_products = 2000};

TEST(Spectral, IsTheDenseLaplaciansEigenvectorsOfAFuzzySet) {
  const auto comm = Communicator::world();
  const Rectangles data = rectangles({300});
  base::Log log;
  const auto start =
      spectral_start(comm, graph_of(comm, data.points, 14), own_rows(comm, data.points).view(), exact, log);
  EXPECT_EQ(start.stats.components, 1);
  EXPECT_EQ(start.stats.solved_points, 300);
  EXPECT_LE(start.stats.residual, exact.tolerance);
  const auto all = comm.all_gather(start.positions.elements()).values;
  const auto weights = dense(graph_of(Communicator::self(), data.points, 14));
  expect_eigenvectors(all, rows_of(data, 0), dense_eigenvectors(weights, rows_of(data, 0)));
}

TEST(Spectral, IsTheDenseLaplaciansEigenvectorsOfAffinities) {
  const auto comm = Communicator::world();
  const Rectangles data = rectangles({300});
  base::Log log;
  const auto affinities = [&](const Communicator& ranks) {
    return affinity::perplexity_affinities(ranks, test::brute_force_graph(ranks, data.points, 30), 10, log);
  };
  // Stored values are rounded, so the two triangles differ a little: no residual is as small as that.
  const SpectralConfig config{.tolerance = 1e-5, .most_products = 600};
  const auto start = spectral_start(comm, affinities(comm), own_rows(comm, data.points).view(), config, log);
  const auto all = comm.all_gather(start.positions.elements()).values;
  expect_eigenvectors(all, rows_of(data, 0),
                      dense_eigenvectors(dense(affinities(Communicator::self())), rows_of(data, 0)));
}

TEST(Spectral, LaysOutEachLargeComponentWhereTheFallbackHasIt) {
  const auto comm = Communicator::world();
  const Rectangles data = rectangles({220, 90, 40, 20, 18});
  base::Log log;
  const auto start =
      spectral_start(comm, graph_of(comm, data.points, 14), own_rows(comm, data.points).view(), exact, log);
  EXPECT_EQ(start.stats.components, 5);
  EXPECT_EQ(start.stats.largest, 220);
  EXPECT_EQ(start.stats.solved, 3);
  EXPECT_EQ(start.stats.solved_points, 350);
  EXPECT_GT(start.stats.eigenvalues[0], 0);
  EXPECT_GT(start.stats.eigenvalues[1], start.stats.eigenvalues[0]);
  const auto all = comm.all_gather(start.positions.elements()).values;
  const auto weights = dense(graph_of(Communicator::self(), data.points, 14));
  for (std::size_t part = 0; part < 5; ++part) {
    const auto rows = rows_of(data, part);
    if (part >= 3) {
      for (const std::size_t i : rows) {
        EXPECT_EQ(all[2 * i], data.points(i, 0));
        EXPECT_EQ(all[2 * i + 1], data.points(i, 1));
      }
      continue;
    }
    expect_eigenvectors(all, rows, dense_eigenvectors(weights, rows));
    for (const std::size_t i : rows) EXPECT_NEAR(all[2 * i], 100.0 * static_cast<double>(part) + 1.5, 8);
  }
}

TEST(Spectral, EndsAfterSoManyProducts) {
  const auto comm = Communicator::world();
  const Rectangles data = rectangles({400});
  base::Log log;
  const auto start = spectral_start(comm, graph_of(comm, data.points, 5), own_rows(comm, data.points).view(),
                                    {.tolerance = 0, .most_products = 40}, log);
  EXPECT_LE(start.stats.products, 40);
  EXPECT_GT(start.stats.residual, 0);
  for (const float value : start.positions.elements()) EXPECT_TRUE(std::isfinite(value));
}

TEST(Spectral, OfNothingButCrumbsIsTheFallback) {
  const auto comm = Communicator::world();
  const Rectangles data = rectangles({9, 8, 10, 12, 7});
  base::Log log;
  const auto fallback = own_rows(comm, data.points);
  const auto start = spectral_start(comm, graph_of(comm, data.points, 3), fallback.view(), {}, log);
  EXPECT_EQ(start.stats.solved, 0);
  EXPECT_GE(start.stats.components, 5);
  for (std::size_t i = 0; i < fallback.rows(); ++i) EXPECT_EQ(start.positions(i, 0), fallback(i, 0));
}

/// Chains whose points are scattered over the ranks: what belongs together is found step by step.
TEST(Components, OfChainsAcrossRanksAreFound) {
  const auto comm = Communicator::world();
  const std::vector<std::size_t> counts{70, 70, 41, 3, 90};
  const Rectangles data = rectangles(counts);
  auto line = base::padded_matrix<float>(data.part.size(), 1);
  std::vector<std::size_t> seen(counts.size(), 0);
  for (std::size_t i = 0; i < data.part.size(); ++i)
    line(i, 0) = 1000 * static_cast<float>(data.part[i]) + static_cast<float>(seen[data.part[i]]++);
  // Neighbours of a point of a chain are those before and behind it, of equal distance.
  const auto graph = graph_of(comm, line, 2);
  const Components found = find_components(comm, PlainProduct(graph), 4, 5);
  EXPECT_EQ(found.count, 5);
  EXPECT_EQ(found.sizes, (std::vector<std::int64_t>{90, 70, 70, 41}));
  const std::size_t first = std::ranges::find(data.part, 0U) < std::ranges::find(data.part, 1U) ? 0 : 1;
  const std::vector<int> expected{first == 0 ? 1 : 2, first == 0 ? 2 : 1, 3, -1, 0};
  const auto begin = static_cast<std::size_t>(graph.rows.begin(comm.rank()));
  for (std::size_t i = 0; i < graph.local_rows(); ++i)
    EXPECT_EQ(found.of_row[i], expected[data.part[begin + i]]);
}

}  // namespace
}  // namespace fleetsne::init
