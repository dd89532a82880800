#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/optimize/attraction.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/optimize/joint_objective.hpp"
#include "fleetsne/optimize/optimize.hpp"

#include "support/small_data.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace fleetsne::optimize {
namespace {

using comm::Communicator;

data::SparseMatrix small_affinities(const Communicator& comm, std::size_t points, double perplexity = 10) {
  base::Log log;
  const auto k = static_cast<std::size_t>(3 * perplexity);
  return affinity::perplexity_affinities(
      comm, test::brute_force_graph(comm, test::clustered_points(points, 5), k), perplexity, log);
}

/// This rank's rows of normal positions, the same points at any rank count.
base::Matrix<float> normal_positions(const data::RowDistribution& rows, base::Rank rank, double scale) {
  const base::Random random(9, base::Stream::test);
  base::Matrix<float> result(static_cast<std::size_t>(rows.count(rank)), 2);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    const auto [x, y] = random.normal_pair(rows.begin(rank) + static_cast<base::GlobalIndex>(i));
    result(i, 0) = static_cast<float>(scale * x);
    result(i, 1) = static_cast<float>(scale * y);
  }
  return result;
}

struct Evaluation {
  std::vector<float> gradient;
  double kl;
};

Evaluation evaluate_at(const Communicator& comm, const data::SparseMatrix& affinities,
                       base::Matrix<float> positions, Repulsion repulsion, double exaggeration = 1,
                       double dof = 1) {
  JointObjective objective(comm, affinities, repulsion, GridSharing::automatic);
  objective.set_dof(dof);
  Evaluation result{std::vector<float>(positions.rows() * 2), 0};
  const Descent descent{base::Matrix<float>(positions)};
  objective.gradient(positions.elements(), descent.bounding_box(comm), exaggeration, result.gradient);
  result.kl = objective.divergence();
  return result;
}

/// The embedding after these stages, from a start that has parted.
Optimized run_stages(const Communicator& comm, const data::SparseMatrix& affinities,
                     std::vector<Stage> stages) {
  OptimizeConfig config;
  config.stages = std::move(stages);
  config.kl_every = 10;
  base::Log log;
  return optimize(comm, affinities, normal_positions(affinities.rows, comm.rank(), 1), config, log);
}

class EveryKernel : public testing::TestWithParam<std::tuple<Repulsion, double>> {};

TEST_P(EveryKernel, GradientIsAQuarterOfTheFiniteDifferenceOfKl) {
  const auto comm = Communicator::world();
  const auto [repulsion, dof] = GetParam();
  const auto affinities = small_affinities(comm, 203);
  const auto positions = normal_positions(affinities.rows, comm.rank(), 4);
  const auto here = evaluate_at(comm, affinities, positions, repulsion, 1, dof);
  constexpr float step = 2e-2F;
  for (const base::GlobalIndex moved : {0, 57, 202}) {
    for (std::size_t d = 0; d < 2; ++d) {
      const bool mine = affinities.rows.owner(moved) == comm.rank();
      const auto row = static_cast<std::size_t>(mine ? moved - affinities.rows.begin(comm.rank()) : 0);
      double kl[2];
      for (const int sign : {0, 1}) {
        auto elsewhere = positions;
        if (mine) elsewhere(row, d) += sign == 0 ? -step : step;
        kl[sign] = evaluate_at(comm, affinities, elsewhere, Repulsion::exact, 1, dof).kl;
      }
      if (!mine) continue;
      const double difference = (kl[1] - kl[0]) / (2 * static_cast<double>(step));
      EXPECT_NEAR(4 * static_cast<double>(here.gradient[2 * row + d]), difference, 2e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryKernel,
                         testing::Combine(testing::Values(Repulsion::grid, Repulsion::exact),
                                          testing::Values(1, 0.5, 2)));

class EveryRepulsion : public testing::TestWithParam<Repulsion> {};

TEST_P(EveryRepulsion, KlFallsAndTheResultIsTheSameTwice) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 400);
  OptimizeConfig config;
  const LearningRate rate{LearningRate::Rule::fixed, 50};
  config.stages = {{.iterations = 60, .exaggeration = 12, .learning_rate = rate},
                   {.iterations = 90, .learning_rate = rate}};
  config.kl_every = 30;
  config.repulsion = GetParam();
  base::Log log;
  const auto start = normal_positions(affinities.rows, comm.rank(), 1e-4);
  const auto before = evaluate_at(comm, affinities, start, GetParam()).kl;
  const auto first = optimize(comm, affinities, start, config, log);
  const auto second = optimize(comm, affinities, start, config, log);
  ASSERT_EQ(first.stats.kl_curve.size(), 5U);  // the same on all ranks
  EXPECT_LT(first.stats.kl_curve[1].kl, before);
  EXPECT_LT(first.stats.kl_curve[4].kl, first.stats.kl_curve[2].kl);
  EXPECT_LT(first.stats.kl, before - 0.5);
  EXPECT_EQ(first.stats.kl, second.stats.kl);
  EXPECT_TRUE(std::ranges::equal(first.embedding.elements(), second.embedding.elements())) << "same bits";
  EXPECT_EQ(first.stats.ghosts_total > 0, comm.size() > 1);
  const BytesPerIteration& bytes = first.stats.bytes_per_rank_iteration;
  EXPECT_EQ(bytes.all > 0, comm.size() > 1);
  EXPECT_EQ(bytes.ghosts > 0, comm.size() > 1);
  EXPECT_EQ(bytes.grid > 0, comm.size() > 1);
  EXPECT_LE(bytes.ghosts + bytes.grid + bytes.transposes, bytes.all);
}

TEST(Optimize, CountsBytesByKind) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 400);
  OptimizeConfig config;
  config.stages = {{5, 1, 0.8}};
  config.repulsion = Repulsion::grid;
  base::Log log;
  for (const GridSharing sharing : {GridSharing::reduced, GridSharing::slab}) {
    config.sharing = sharing;
    const auto stats =
        optimize(comm, affinities, normal_positions(affinities.rows, comm.rank(), 10), config, log).stats;
    const BytesPerIteration& bytes = stats.bytes_per_rank_iteration;
    const double ghosts = static_cast<double>(stats.ghosts_total) * 2 * sizeof(float) / comm.size();
    EXPECT_DOUBLE_EQ(bytes.ghosts, ghosts);
    EXPECT_EQ(bytes.transposes > 0, comm.size() > 1 && sharing == GridSharing::slab);
    EXPECT_EQ(bytes.grid > 0, comm.size() > 1);
    EXPECT_LE(bytes.ghosts + bytes.grid + bytes.transposes, bytes.all);
    // The bounds, the potential's sum and the like.
    EXPECT_LE(bytes.all, bytes.ghosts + bytes.grid + bytes.transposes + 200 * comm.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Both, EveryRepulsion, testing::Values(Repulsion::grid, Repulsion::exact));

TEST(JointObjective, GridAndExactAgreeOnGradientAndKl) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 1200);
  for (const double scale : {1e-4, 1.0, 30.0}) {
    const auto positions = normal_positions(affinities.rows, comm.rank(), scale);
    const auto exact = evaluate_at(comm, affinities, positions, Repulsion::exact);
    const auto grid = evaluate_at(comm, affinities, positions, Repulsion::grid);
    double sums[2] = {0, 0};
    for (std::size_t i = 0; i < exact.gradient.size(); ++i) {
      const double wanted = static_cast<double>(exact.gradient[i]);
      sums[0] += std::pow(static_cast<double>(grid.gradient[i]) - wanted, 2);
      sums[1] += wanted * wanted;
    }
    comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
    EXPECT_LT(std::sqrt(sums[0] / sums[1]), 1e-3) << "scale " << scale;
    EXPECT_NEAR(grid.kl, exact.kl, 1e-3);
  }
}

TEST(JointObjective, KlIsTheSumOverPairs) {
  const auto self = Communicator::self();
  const auto affinities = small_affinities(self, 100);
  const auto y = normal_positions(affinities.rows, 0, 3);
  double z = 0, kl = 0;
  const auto weight = [&](std::size_t i, std::size_t j) {
    return 1 / (1 + std::pow(static_cast<double>(y(i, 0)) - static_cast<double>(y(j, 0)), 2) +
                std::pow(static_cast<double>(y(i, 1)) - static_cast<double>(y(j, 1)), 2));
  };
  for (std::size_t i = 0; i < 100; ++i) {
    for (std::size_t j = 0; j < 100; ++j) z += i == j ? 0 : weight(i, j);
  }
  affinities.for_each_entry([&](base::LocalIndex i, base::LocalIndex j, float value) {
    const auto p = static_cast<double>(value);
    kl += p * std::log(p * z / weight(static_cast<std::size_t>(i), static_cast<std::size_t>(j)));
  });
  EXPECT_NEAR(evaluate_at(self, affinities, y, Repulsion::exact).kl, kl, 1e-5);
  EXPECT_NEAR(evaluate_at(self, affinities, y, Repulsion::exact, 12).kl, kl, 1e-5)
      << "corrected for exaggeration";
}

/// By the formulas, pair by pair in float64, of one process.                               [Kobak et al.
/// 2019]
Evaluation sums_over_pairs(const data::SparseMatrix& affinities, const base::Matrix<float>& y,
                           double exaggeration, double dof) {
  const std::size_t points = y.rows();
  const auto d = [&](std::size_t i, std::size_t j, std::size_t c) {
    return static_cast<double>(y(i, c)) - static_cast<double>(y(j, c));
  };
  const auto weight = [&](std::size_t i, std::size_t j) {
    return 1 / (1 + (std::pow(d(i, j, 0), 2) + std::pow(d(i, j, 1), 2)) / dof);
  };
  std::vector<double> gradient(2 * points);
  double z = 0, kl = 0;
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t j = 0; j < points; ++j) z += i == j ? 0 : std::pow(weight(i, j), dof);
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t j = 0; j < points; ++j)
      for (const std::size_t c : {0U, 1U})
        gradient[2 * i + c] -= std::pow(weight(i, j), dof) / z * weight(i, j) * d(i, j, c);
  affinities.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float value) {
    const auto i = static_cast<std::size_t>(row), j = static_cast<std::size_t>(column);
    const auto p = static_cast<double>(value);
    kl += p * std::log(p * z / std::pow(weight(i, j), dof));
    for (const std::size_t c : {0U, 1U}) gradient[2 * i + c] += exaggeration * p * weight(i, j) * d(i, j, c);
  });
  return {std::vector<float>(gradient.begin(), gradient.end()), kl};
}

TEST(JointObjective, OfAnyDegreesOfFreedomIsTheSumOverPairs) {
  const auto self = Communicator::self();
  const auto affinities = small_affinities(self, 120);
  const auto y = normal_positions(affinities.rows, 0, 3);
  for (const double dof : {0.3, 0.5, 1.0, 2.0, 10.0})
    for (const Repulsion repulsion : {Repulsion::exact, Repulsion::grid}) {
      const auto expected = sums_over_pairs(affinities, y, 4, dof);
      const auto found = evaluate_at(self, affinities, y, repulsion, 4, dof);
      const bool exact = repulsion == Repulsion::exact;
      EXPECT_NEAR(found.kl, expected.kl, exact ? 1e-5 : 1e-3) << dof;
      double error = 0, size = 0;
      for (std::size_t i = 0; i < found.gradient.size(); ++i) {
        error +=
            std::pow(static_cast<double>(found.gradient[i]) - static_cast<double>(expected.gradient[i]), 2);
        size += std::pow(static_cast<double>(expected.gradient[i]), 2);
      }
      EXPECT_LT(std::sqrt(error / size), exact ? 1e-5 : 1e-3) << dof;
    }
}

TEST(Stages, MayHaveOtherDegreesOfFreedomEach) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  const Stage usual{.iterations = 100, .exaggeration = 4};
  Stage heavy{.iterations = 200};
  heavy.dof = 0.5;
  const auto result = run_stages(comm, affinities, {usual, heavy});
  // KL is that of the last stage's kernel.
  EXPECT_NEAR(result.stats.kl, evaluate_at(comm, affinities, result.embedding, Repulsion::exact, 1, 0.5).kl,
              1e-5);
  EXPECT_LT(result.stats.kl_curve.back().kl, result.stats.kl_curve[10].kl);
}

/// What a run over few iterations logs.
std::string log_of(const Communicator& comm, const OptimizeConfig& config) {
  const auto affinities = small_affinities(comm, 240);
  std::FILE* file = std::tmpfile();
  base::Log log(file, base::LogStyle::plain);
  optimize(comm, affinities, normal_positions(affinities.rows, comm.rank(), 1e-4), config, log);
  std::string text(10000, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

TEST(LearningRate, IsPointsOverTheStagesExaggerationOrOverTwelveOrANumber) {
  const auto comm = Communicator::world();
  OptimizeConfig config;
  config.stages = {{5, 12, 0.8}, {5, 4, 0.8}};
  using testing::HasSubstr;
  EXPECT_THAT(log_of(comm, config), HasSubstr("exaggeration=12.00, lr=20.00 for 5 iterations"));
  EXPECT_THAT(log_of(comm, config), HasSubstr("exaggeration=4.00, lr=60.00 for 5 iterations"));
  config.stages[1].learning_rate = {LearningRate::Rule::n_over_12, 0};
  EXPECT_THAT(log_of(comm, config), HasSubstr("exaggeration=4.00, lr=20.00"));
  config.stages[1].learning_rate = {LearningRate::Rule::fixed, 33};
  EXPECT_THAT(log_of(comm, config), HasSubstr("exaggeration=4.00, lr=33.00"));
  config.stages[0].final_exaggeration = 6;
  EXPECT_THAT(log_of(comm, config), HasSubstr("exaggeration=12.00 to 6.00, lr=20.00 to 40.00"));
}

TEST(Exaggeration, GoesAlongALineFromTheFirstIterationToTheLast) {
  Stage stage{.iterations = 5, .exaggeration = 12};
  EXPECT_EQ(exaggeration_at(stage, 0), 12);
  EXPECT_EQ(exaggeration_at(stage, 4), 12);
  stage.final_exaggeration = 4;
  EXPECT_EQ(exaggeration_at(stage, 0), 12);
  EXPECT_EQ(exaggeration_at(stage, 1), 10);
  EXPECT_EQ(exaggeration_at(stage, 4), 4);
  stage.iterations = 1;
  EXPECT_EQ(exaggeration_at(stage, 0), 12);
}

bool same_bits(const Optimized& a, const Optimized& b) {
  return std::ranges::equal(a.embedding.elements(), b.embedding.elements());
}

TEST(Stages, TheOptimisersStateGoesOnUnlessReset) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  const Stage whole{.iterations = 40, .exaggeration = 4};
  Stage half = whole;
  half.iterations = 20;
  Stage reset = half;
  reset.reset = true;
  EXPECT_TRUE(same_bits(run_stages(comm, affinities, {whole}), run_stages(comm, affinities, {half, half})));
  const auto forgetful = run_stages(comm, affinities, {half, reset});
  EXPECT_FALSE(same_bits(run_stages(comm, affinities, {whole}), forgetful));
  EXPECT_TRUE(same_bits(run_stages(comm, affinities, {reset}), run_stages(comm, affinities, {half})))
      << "there is nothing to forget at first";
  ASSERT_EQ(forgetful.stats.stages.size(), 2U);
  EXPECT_EQ(forgetful.stats.stages[1].iterations, 20);
  EXPECT_FALSE(forgetful.stats.stages[1].settled);
}

TEST(Stages, LearningRateOfAnAnnealedStageFollowsTheExaggeration) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  std::vector<Stage> single;
  for (const double exaggeration : {12.0, 8.0, 4.0})
    single.push_back({.iterations = 1, .exaggeration = exaggeration});
  const Stage annealed{.iterations = 3, .exaggeration = 12, .final_exaggeration = 4};
  EXPECT_TRUE(same_bits(run_stages(comm, affinities, {annealed}), run_stages(comm, affinities, single)));
}

TEST(Stages, EndWhenTheKlHasSettled) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  const LearningRate slow{LearningRate::Rule::fixed, 20};
  const Stage free{.iterations = 400, .learning_rate = slow};
  Stage ends = free;
  ends.settled = 50;
  const auto long_one = run_stages(comm, affinities, {free, free});
  const auto short_one = run_stages(comm, affinities, {ends, {.iterations = 3, .learning_rate = slow}});
  ASSERT_EQ(short_one.stats.stages.size(), 2U);
  const StageStats& stage = short_one.stats.stages[0];
  EXPECT_TRUE(stage.settled);
  ASSERT_LT(stage.iterations, 400);
  EXPECT_EQ(stage.iterations % 10, 0);
  // By the curve of the run that goes on: the first look that is too little below the one before.
  const auto& curve = long_one.stats.kl_curve;
  std::size_t at = 1;
  while (curve[at - 1].kl - curve[at].kl >= curve[at].kl / 50) ++at;
  EXPECT_EQ(stage.iterations, curve[at].iteration);
  EXPECT_EQ(short_one.stats.kl_curve.back().kl, curve[at].kl);
  EXPECT_EQ(short_one.stats.stages[1].iterations, 3);
}

TEST(Stages, NothingSettlesWhileThePointsHaveNotParted) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  OptimizeConfig config;
  config.kl_every = 1;
  config.stages = {{.iterations = 5, .learning_rate = {LearningRate::Rule::fixed, 1e-6}, .settled = 1}};
  base::Log log;
  const auto start = normal_positions(affinities.rows, comm.rank(), 1e-4);
  EXPECT_FALSE(optimize(comm, affinities, start, config, log).stats.stages[0].settled);
}

TEST(Continued, IsOneRunBitByBit) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 1300);
  base::Log log;
  OptimizeConfig config;
  config.repulsion = Repulsion::grid;
  config.kl_every = 30;
  const auto start = normal_positions(affinities.rows, comm.rank(), 0.5);
  const auto run = [&](int iterations, double dof, State state) {
    config.stages = {{.iterations = iterations, .exaggeration = 2}};
    config.stages[0].dof = dof;
    return optimize(comm, affinities, std::move(state), config, log);
  };
  for (const double dof : {1.0, 0.5}) {
    const auto whole = run(100, dof, fresh_state(base::Matrix<float>(start)));
    auto first = run(60, dof, fresh_state(base::Matrix<float>(start)));
    EXPECT_EQ(first.state.iteration, 60);
    const GridShape& grid = first.state.grid;
    EXPECT_EQ(grid_of_periods(grid.step, grid.padded_rows, grid.padded_columns, grid.far_factor, dof), grid);
    const auto rest = run(40, dof, std::move(first.state));
    EXPECT_TRUE(same_bits(whole, rest));
    EXPECT_EQ(rest.stats.iterations, 100);
    EXPECT_EQ(rest.stats.kl_curve.back().iteration, 90) << "counted on";
    EXPECT_EQ(whole.stats.kl, rest.stats.kl);
  }
}

TEST(GridShape, IsNoneForPeriodsThatNoGridHas) {
  EXPECT_EQ(grid_of_periods(0.375, 96, 98, 0, 1).columns, 98 / 2 - kernel_tail);
  for (const auto& [rows, far] :
       {std::pair(0, 0), std::pair(-4, 0), std::pair(97, 0), std::pair(22, 0), std::pair(1 << 20, 0),
        std::pair(512, 3), std::pair(512, -8), std::pair(96, 800)})
    EXPECT_EQ(grid_of_periods(0.375, rows, 512, far, 1), GridShape{}) << rows << ' ' << far;
}

TEST(Observer, SeesEveryIterationAndLeavesNoTrace) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  base::Log log;
  OptimizeConfig config;
  config.stages = {{.iterations = 5, .exaggeration = 4}, {.iterations = 3}};
  std::vector<std::int64_t> seen, ends;
  base::Matrix<float> last;
  const auto look = [&](const Moment& moment) {
    seen.push_back(moment.iteration);
    if (moment.stage_ended) ends.push_back(moment.iteration);
    last = base::Matrix<float>(moment.positions.rows(), 2);
    for (std::size_t i = 0; i < last.rows(); ++i)
      std::ranges::copy(moment.positions.row(i), last.row(i).begin());
    comm.all_reduce(1, comm::Reduction::sum);  // it may communicate
  };
  const auto start = normal_positions(affinities.rows, comm.rank(), 1);
  const auto quiet = optimize(comm, affinities, start, config, log);
  State state = fresh_state(base::Matrix<float>(start));
  state.iteration = 1000;
  const auto watched = optimize(comm, affinities, std::move(state), config, log, {.see = look});
  EXPECT_TRUE(same_bits(quiet, watched));
  EXPECT_EQ(quiet.stats.bytes_per_rank_iteration.all, watched.stats.bytes_per_rank_iteration.all);
  EXPECT_THAT(seen, testing::ElementsAre(1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008));
  EXPECT_THAT(ends, testing::ElementsAre(1005, 1008));
  EXPECT_TRUE(std::ranges::equal(last.elements(), watched.state.positions.elements()));
}

TEST(Resume, FromAnyMomentIsTheUninterruptedRun) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  base::Log log;
  OptimizeConfig config;
  config.stages = {{.iterations = 6, .exaggeration = 4, .name = "first"},
                   {.iterations = 5, .exaggeration = 4, .final_exaggeration = 1, .dof = 0.8},
                   {.iterations = 7, .reset = true, .name = "last"}};
  config.kl_every = 3;
  config.repulsion = Repulsion::grid;
  std::vector<State> moments;
  const auto whole = optimize(comm, affinities, normal_positions(affinities.rows, comm.rank(), 3), config,
                              log, {.see = [&](const Moment& moment) { moments.push_back(moment.state()); }});
  ASSERT_EQ(moments.size(), 18U);
  for (State& moment : moments) {
    const auto rest = optimize(comm, affinities, std::move(moment), config, log);
    EXPECT_TRUE(same_bits(whole, rest));
    EXPECT_EQ(rest.stats.iterations, 18);
    ASSERT_EQ(rest.stats.stages.size(), 3U);
    EXPECT_EQ(rest.stats.stages[1].iterations, 5);
    ASSERT_EQ(rest.stats.kl_curve.size(), whole.stats.kl_curve.size());
    for (std::size_t i = 0; i < whole.stats.kl_curve.size(); ++i) {
      EXPECT_EQ(rest.stats.kl_curve[i].iteration, whole.stats.kl_curve[i].iteration);
      EXPECT_EQ(rest.stats.kl_curve[i].kl, whole.stats.kl_curve[i].kl);
    }
  }
}

TEST(Watch, AWishOfOneRankIsToldToAll) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 60);
  base::Log log;
  OptimizeConfig config;
  config.stages = {{.iterations = 4}};
  int iterations = 0;
  std::vector<int> told;
  const bool last = comm.rank() + 1 == comm.size();
  const Watch watch{.see = [&](const Moment& moment) { told.push_back(moment.wish); },
                    .wish = [&] { return ++iterations == 3 && last ? 2 : 0; }};
  optimize(comm, affinities, normal_positions(affinities.rows, comm.rank(), 1), config, log, watch);
  EXPECT_THAT(told, testing::ElementsAre(0, 0, 2, 0));
}

TEST(OneDimension, GradientIsTheSumOverPairsOnALine) {
  const auto self = Communicator::self();
  const auto affinities = small_affinities(self, 150);
  auto y = normal_positions(affinities.rows, 0, 3);
  for (std::size_t i = 0; i < y.rows(); ++i) y(i, 1) = 0;
  const auto along = [&](std::size_t i, std::size_t j) {
    return static_cast<double>(y(i, 0)) - static_cast<double>(y(j, 0));
  };
  std::vector<double> expected(y.rows());
  double z = 0, size = 0;
  for (std::size_t i = 0; i < y.rows(); ++i)
    for (std::size_t j = 0; j < y.rows(); ++j) z += i == j ? 0 : 1 / (1 + along(i, j) * along(i, j));
  for (std::size_t i = 0; i < y.rows(); ++i)
    for (std::size_t j = 0; j < y.rows(); ++j)
      expected[i] -= along(i, j) / std::pow(1 + along(i, j) * along(i, j), 2) / z;
  affinities.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float value) {
    const auto i = static_cast<std::size_t>(row), j = static_cast<std::size_t>(column);
    expected[i] += static_cast<double>(value) * along(i, j) / (1 + along(i, j) * along(i, j));
  });
  for (const double value : expected) size += value * value;
  for (const Repulsion repulsion : {Repulsion::exact, Repulsion::grid}) {
    const auto found = evaluate_at(self, affinities, y, repulsion);
    double error = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
      error += std::pow(static_cast<double>(found.gradient[2 * i]) - expected[i], 2);
    EXPECT_LT(std::sqrt(error / size), repulsion == Repulsion::exact ? 1e-5 : 5e-3);
  }
}

TEST(OneDimension, PointsStayOnTheLineAndKlFalls) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 1200);
  base::Log log;
  OptimizeConfig config;
  config.dimensions = 1;
  config.kl_every = 20;
  config.stages = {{.iterations = 60, .exaggeration = 4}, {.iterations = 100}};
  const auto start = normal_positions(affinities.rows, comm.rank(), 1);  // not on it
  for (const Repulsion repulsion : {Repulsion::exact, Repulsion::grid}) {
    config.repulsion = repulsion;
    const auto result = optimize(comm, affinities, start, config, log);
    for (std::size_t i = 0; i < result.embedding.rows(); ++i) ASSERT_EQ(result.embedding(i, 1), 0) << i;
    EXPECT_LT(result.stats.kl_curve.back().kl, result.stats.kl_curve.front().kl - 0.1);
    EXPECT_NEAR(evaluate_at(comm, affinities, result.embedding, Repulsion::exact).kl, result.stats.kl, 1e-3);
  }
}

TEST(Descent, GradientsOfPointsAreCutToTheLimit) {
  std::vector<float> gradient{3, 4, 0.3F, -0.4F, 0, 0, -30, 40};
  limit_norms(gradient, 1);
  const std::vector<float> expected{0.6F, 0.8F, 0.3F, -0.4F, 0, 0, -0.6F, 0.8F};
  for (std::size_t i = 0; i < gradient.size(); ++i) EXPECT_FLOAT_EQ(gradient[i], expected[i]) << i;
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  const auto start = normal_positions(affinities.rows, comm.rank(), 1);
  const auto cut = run_stages(comm, affinities,
                              {{.iterations = 1,
                                .momentum = 0,
                                .learning_rate = {LearningRate::Rule::fixed, 1},
                                .max_gradient_norm = 1e-6}});
  for (std::size_t i = 0; i < start.rows(); ++i)  // gains 1.2 at most, and centred
    EXPECT_LE(std::hypot(cut.embedding(i, 0) - start(i, 0), cut.embedding(i, 1) - start(i, 1)), 0.1);
}

TEST(Descent, NoPointMovesFurtherThanTheLimit) {
  const auto comm = Communicator::world();
  Descent descent(base::Matrix<float>(10, 2));
  descent.step(std::vector<float>(20, 1e6F), {100, 0.8, 5, 0.01});
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(std::hypot(descent.positions()[2 * i], descent.positions()[2 * i + 1]), 5, 1e-5);
  }
}

TEST(Descent, AStepBeyondAllNumbersIsNoticedAndNotLeftOut) {
  const auto comm = Communicator::world();
  Descent descent(base::Matrix<float>(10, 2));
  std::vector<float> gradient(20, 1);
  if (comm.rank() == 0) gradient[7] = 1e30F;  // its square is infinite
  limit_norms(gradient, 1e9);
  descent.step(gradient, {1, 0.8, 5, 0.01});
  EXPECT_THROW(descent.bounding_box(comm), base::Error);
}

TEST(Optimize, ADivergenceIsToldOnAllRanksWithItsIteration) {
  const auto comm = Communicator::world();
  const auto affinities = small_affinities(comm, 300);
  const Stage calm{.iterations = 5, .exaggeration = 4};
  Stage wild{.iterations = 20};
  wild.learning_rate = {LearningRate::Rule::fixed, 1e30};
  wild.max_step_norm = 1e30;
  try {
    run_stages(comm, affinities, {calm, wild});
    ADD_FAILURE() << "not noticed";
  } catch (const comm::AgreedError& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::numerical);
    EXPECT_TRUE(std::string(error.what()).starts_with("iteration 6: the optimisation diverged ("))
        << error.what();
  }
}

TEST(Descent, GainsGrowWhereTheDirectionHoldsAndShrinkWhereItTurns) {
  Descent descent(base::Matrix<float>(1, 2));
  const StepRule rule{1, 0, 1e9, 0.01};
  descent.step(std::vector<float>{1, 1}, rule);  // last step 0: not positive, slope is: gain 1.2
  EXPECT_FLOAT_EQ(descent.positions()[0], -1.2F);
  descent.step(std::vector<float>{1, -1}, rule);
  EXPECT_FLOAT_EQ(descent.positions()[0], -1.2F - 1.4F);
  EXPECT_FLOAT_EQ(descent.positions()[1], -1.2F + 0.96F);
}

TEST(Descent, APositionThatIsNotFiniteEndsAllRanks) {
  const auto comm = Communicator::world();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    base::Matrix<float> positions(64, 2);
    if (comm.rank() == comm.size() - 1) positions(37, 1) = bad;
    const Descent descent(std::move(positions));
    try {
      descent.bounding_box(comm);
      ADD_FAILURE() << "not noticed";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::numerical);
    }
  }
}

}  // namespace
}  // namespace fleetsne::optimize
