// New points among fixed ones: the grid's field against the exact sum, the gradient against differences of
// the divergence, and that new points do not feel each other.
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/optimize/anchored_objective.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/optimize/fixed_field.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::optimize {
namespace {

using comm::Communicator;

/// This rank's block of normal points, the same points at any number of ranks.
base::Matrix<float> normal_points(const Communicator& comm, std::int64_t total, double scale,
                                  std::uint64_t seed) {
  const base::Random random(seed, base::Stream::test);
  const auto rows = data::RowDistribution::balanced(total, comm.size());
  base::Matrix<float> result(static_cast<std::size_t>(rows.count(comm.rank())), 2);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    const auto [x, y] = random.normal_pair(rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i));
    result(i, 0) = static_cast<float>(scale * x);
    result(i, 1) = static_cast<float>(scale * y);
  }
  return result;
}

struct Felt {
  std::vector<float> forces, potentials;
};

Felt feel(const Communicator& comm, FixedField& field, const base::Matrix<float>& points) {
  Felt felt{std::vector<float>(2 * points.rows()), std::vector<float>(points.rows())};
  field.compute(points.elements(), bounding_box(comm, points), felt.forces, felt.potentials);
  return felt;
}

struct Setting {
  std::int64_t fixed;
  double scale;  // of the fixed points
  double dof = 1;
};

class FixedFieldAt : public testing::TestWithParam<Setting> {};

TEST_P(FixedFieldAt, AgreesWithTheExactSum) {
  const auto comm = Communicator::world();
  const auto [count, scale, dof] = GetParam();
  auto fixed = normal_points(comm, count, scale, 3);
  const auto exact = make_fixed_exact_field(comm, fixed, dof);
  const Box box = bounding_box(comm, fixed);
  const auto grid = make_fixed_grid_field(comm, std::move(fixed), box, dof);
  // Within the reference, then so far out that the grid must be made anew, then within again.
  for (const double spread : {1.0, 3.0, 0.5}) {
    const auto points = normal_points(comm, 301, spread * scale, 4);
    const Felt wanted = feel(comm, *exact, points), got = feel(comm, *grid, points);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < wanted.forces.size(); ++i) {
      difference += std::pow(static_cast<double>(got.forces[i] - wanted.forces[i]), 2);
      size += std::pow(static_cast<double>(wanted.forces[i]), 2);
    }
    EXPECT_LE(std::sqrt(difference / std::max(size, 1e-300)), 5e-3);
    for (std::size_t i = 0; i < points.rows(); ++i)
      EXPECT_NEAR(got.potentials[i], wanted.potentials[i], 2e-3F * wanted.potentials[i]) << spread;
  }
}

INSTANTIATE_TEST_SUITE_P(Scales, FixedFieldAt,
                         testing::Values(Setting{3000, 1e-2}, Setting{3000, 1}, Setting{3000, 30},
                                         Setting{20000, 20}, Setting{3000, 20, 0.5}, Setting{3000, 20, 2}));

/// Anchors of new points: for each some of the points of a reference that every rank can name.
Anchors some_anchors(const Communicator& comm, std::int64_t total, std::size_t k, double scale) {
  const base::Random random(8, base::Stream::test);
  const auto rows = data::RowDistribution::balanced(total, comm.size());
  const auto n = static_cast<std::size_t>(rows.count(comm.rank()));
  Anchors anchors{base::Matrix<float>(n, 2 * k), base::Matrix<float>(n, k)};
  for (std::size_t i = 0; i < n; ++i) {
    const auto id = rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i);
    double sum = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const auto [x, y] = random.normal_pair(id, static_cast<std::uint32_t>(j));
      anchors.positions(i, 2 * j) = static_cast<float>(scale * x);
      anchors.positions(i, 2 * j + 1) = static_cast<float>(scale * y);
      sum += static_cast<double>(anchors.probabilities(i, j) = static_cast<float>(1 + j));
    }
    for (float& share : anchors.probabilities.row(i))
      share = static_cast<float>(static_cast<double>(share) / sum);
  }
  return anchors;
}

constexpr std::int64_t news = 23, references = 1500;

AnchoredObjective make_objective(const Communicator& comm, Repulsion repulsion) {
  auto fixed = normal_points(comm, references, 8, 3);
  const Box box = bounding_box(comm, fixed);
  return {comm, some_anchors(comm, news, 4, 8), {std::move(fixed), box}, repulsion};
}

struct Evaluation {
  std::vector<float> gradient;
  double divergence;
};

Evaluation evaluate_at(const Communicator& comm, AnchoredObjective& objective,
                       const base::Matrix<float>& positions) {
  Evaluation result{std::vector<float>(2 * positions.rows()), 0};
  objective.gradient(positions.elements(), bounding_box(comm, positions), 1, result.gradient);
  result.divergence = objective.divergence();
  return result;
}

class AnchoredKernel : public testing::TestWithParam<std::tuple<Repulsion, double>> {};

TEST_P(AnchoredKernel, GradientIsHalfTheFiniteDifferenceOfTheDivergence) {
  const auto comm = Communicator::world();
  const auto [repulsion, dof] = GetParam();
  auto objective = make_objective(comm, repulsion);
  objective.set_dof(dof);
  const auto positions = normal_points(comm, news, 8, 4);
  const auto rows = data::RowDistribution::balanced(news, comm.size());
  const auto here = evaluate_at(comm, objective, positions);
  constexpr float step = 1e-2F;
  for (const base::GlobalIndex moved : {0, 11, 22}) {
    for (std::size_t d = 0; d < 2; ++d) {
      const bool mine = rows.owner(moved) == comm.rank();
      const auto at = static_cast<std::size_t>(mine ? moved - rows.begin(comm.rank()) : 0);
      double divergence[2];
      for (const int side : {0, 1}) {
        auto there = positions;
        if (mine) there(at, d) += side == 0 ? -step : step;
        divergence[side] = evaluate_at(comm, objective, there).divergence;
      }
      // The divergence is a mean over the new points, the gradient each one's own.
      const double difference =
          static_cast<double>(news) * (divergence[1] - divergence[0]) / (2 * static_cast<double>(step));
      if (mine) {
        EXPECT_NEAR(2 * static_cast<double>(here.gradient[2 * at + d]), difference, 1e-3);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, AnchoredKernel,
                         testing::Combine(testing::Values(Repulsion::exact, Repulsion::grid),
                                          testing::Values(1.0, 0.5, 2.0)));

TEST(AnchoredObjective, IsTheMeanOfTheDivergencesOfItsPoints) {
  const auto comm = Communicator::world();
  auto objective = make_objective(comm, Repulsion::exact);
  const auto positions = normal_points(comm, news, 8, 4);
  const double got = evaluate_at(comm, objective, positions).divergence;
  const base::Matrix<float> mine = normal_points(comm, references, 8, 3);
  const std::vector<float> fixed = comm.all_gather(mine.elements()).values;
  const auto anchors = some_anchors(comm, news, 4, 8);
  const auto kernel = [](double dx, double dy) { return 1 / (1 + dx * dx + dy * dy); };
  double sum = 0;
  for (std::size_t i = 0; i < positions.rows(); ++i) {
    const auto x = static_cast<double>(positions(i, 0)), y = static_cast<double>(positions(i, 1));
    double z = 0;
    for (std::size_t j = 0; j < fixed.size(); j += 2)
      z += kernel(x - static_cast<double>(fixed[j]), y - static_cast<double>(fixed[j + 1]));
    for (std::size_t j = 0; j < 4; ++j) {
      const auto p = static_cast<double>(anchors.probabilities(i, j));
      const double w = kernel(x - static_cast<double>(anchors.positions(i, 2 * j)),
                              y - static_cast<double>(anchors.positions(i, 2 * j + 1)));
      sum += p * std::log(p / (w / z));
    }
  }
  EXPECT_NEAR(got, comm.all_reduce(sum, comm::Reduction::sum) / static_cast<double>(news), 1e-4);
}

TEST(AnchoredObjective, ANewPointDoesNotFeelTheOthers) {
  const auto comm = Communicator::world();
  auto objective = make_objective(comm, Repulsion::grid);
  auto positions = normal_points(comm, news, 8, 4);
  const auto before = evaluate_at(comm, objective, positions);
  // All but this rank's first point move onto it.
  for (std::size_t i = 1; i < positions.rows(); ++i)
    for (std::size_t d = 0; d < 2; ++d) positions(i, d) = positions(0, d);
  const auto after = evaluate_at(comm, objective, positions);
  EXPECT_EQ(after.gradient[0], before.gradient[0]);
  EXPECT_EQ(after.gradient[1], before.gradient[1]);
}

TEST(AnchoredObjective, OptimisesWithoutMovingTheMiddle) {
  const auto comm = Communicator::world();
  auto objective = make_objective(comm, Repulsion::grid);
  const auto positions = normal_points(comm, news, 8, 4);
  const double before = evaluate_at(comm, objective, positions).divergence;
  OptimizeConfig config;
  config.stages = {{.iterations = 100,
                    .exaggeration = 1.5,
                    .learning_rate = {LearningRate::Rule::fixed, 0.1},
                    .max_gradient_norm = 0.25}};
  base::Log log;
  const auto optimized = optimize(comm, objective, fresh_state(base::Matrix<float>(positions)), config, log);
  EXPECT_LT(optimized.stats.kl, before - 0.1);
  for (std::size_t i = 0; i < positions.rows(); ++i)  // centred, they would differ from the last state
    EXPECT_EQ(optimized.embedding(i, 0), optimized.state.positions(i, 0));
}

}  // namespace
}  // namespace fleetsne::optimize
