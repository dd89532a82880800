#include "fleetsne/run/forecast.hpp"

#include "fleetsne/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace fleetsne::run {
namespace {

using testing::HasSubstr;

Config perplexity(double value) {
  Config config;
  config.affinity.perplexity = value;
  config.optimize.early_iterations = 200;
  config.optimize.iterations = 300;
  return config;
}

/// A machine whose costs follow the laws that the forecast assumes.
Trial lawful(std::int64_t rows) {
  const auto n = static_cast<double>(rows);
  const double evaluations = 20 * std::pow(n, 0.5), degree = 100 * std::pow(n, 0.05);
  return {.rows = rows,
          .read = 1e-7 * n,
          .init = 2e-7 * n,
          .partition = 1e-8 * std::pow(n, 4.0 / 3),
          .neighbors = n * (1e-5 + 2e-9 * evaluations),
          .affinity = 3e-6 * n,
          .early_iteration = 1e-9 * n * degree,
          .late_iteration = 1e-9 * n * degree + 0.002,
          .evaluations = evaluations,
          .degree = degree,
          .bytes_per_edge = 4};
}

double seconds_of(const Forecast& found, const std::string& name) {
  for (const StageForecast& stage : found.stages)
    if (stage.name == name) return stage.seconds;
  ADD_FAILURE() << "no stage " << name;
  return 0;
}

TEST(Forecast, FindsTheLawsThatTheTrialsFollow) {
  const std::vector<Trial> trials{lawful(10000), lawful(20000), lawful(40000)};
  const Trial truth = lawful(2000000);
  const Forecast found = forecast(perplexity(50), {.rows = 2000000, .columns = 50}, trials, 4e7);
  EXPECT_NEAR(seconds_of(found, "read"), truth.read, 1e-6);
  EXPECT_NEAR(seconds_of(found, "partition"), truth.partition, 1e-6 * truth.partition);
  EXPECT_NEAR(seconds_of(found, "neighbors"), truth.neighbors, 1e-6 * truth.neighbors);
  EXPECT_NEAR(seconds_of(found, "affinity"), truth.affinity, 1e-6);
  EXPECT_NEAR(seconds_of(found, "optimize"), 500 * truth.early_iteration + 300 * 0.002, 1e-3);
  double sum = 0;
  for (const StageForecast& stage : found.stages) sum += stage.seconds;
  EXPECT_DOUBLE_EQ(found.seconds(), sum);
}

TEST(Forecast, CountsTheIterationsOfAllStages) {
  Config config = perplexity(50);
  config.optimize = {};
  config.optimize.stages = {{"a", 200}, {"b", 100}, {"c", 200}};
  const std::vector<Trial> trials{lawful(10000), lawful(20000), lawful(40000)};
  const DataShape data{.rows = 2000000, .columns = 50};
  const double seconds = seconds_of(forecast(perplexity(50), data, trials, 0), "optimize");
  EXPECT_DOUBLE_EQ(seconds_of(forecast(config, data, trials, 0), "optimize"), seconds);
}

TEST(Forecast, NamesEveryStageOfTheRunInItsOrder) {
  const auto names = [](const Config& config, const Trial& trial) {
    std::vector<std::string> found;
    for (const StageForecast& stage :
         forecast(config, {.rows = 2000000, .columns = 50}, std::span(&trial, 1), 0).stages) {
      EXPECT_GT(stage.seconds, 0) << stage.name;
      found.push_back(stage.name);
    }
    return found;
  };
  Config config = perplexity(50);
  Trial trial = lawful(10000);
  EXPECT_THAT(names(config, trial), testing::ElementsAre("read", "init", "partition", "neighbors", "affinity",
                                                         "optimize", "write"));
  config.input.labels = {"labels.npy"};
  config.init.start = init::Start::file;
  trial.reduce = trial.normalize = 1;
  EXPECT_THAT(names(config, trial),
              testing::ElementsAre("read", "labels", "read_init", "reduce", "init", "normalize", "partition",
                                   "neighbors", "affinity", "optimize", "write"));
}

TEST(Forecast, WhatDoesNotGrowWithTheRowsIsNotScaled) {
  std::vector<Trial> trials{lawful(10000), lawful(20000)};
  for (Trial& trial : trials) trial.init += 5;  // an eigendecomposition
  const Forecast found = forecast(perplexity(50), {.rows = 2000000, .columns = 50}, trials, 4e7);
  EXPECT_NEAR(seconds_of(found, "init"), lawful(2000000).init + 5, 1e-6);
}

TEST(Forecast, EveryPairTakesTheSquareOfTheRows) {
  const std::vector<Trial> trials{lawful(10000), lawful(20000)};
  Config config = perplexity(50);
  const double grid = seconds_of(forecast(config, {.rows = 80000, .columns = 50}, trials, 0), "optimize");
  config.optimize.repulsion = optimize::Repulsion::exact;
  const double pairs = seconds_of(forecast(config, {.rows = 80000, .columns = 50}, trials, 0), "optimize");
  EXPECT_NEAR(pairs - 300 * 0.002, 4 * (grid - 300 * 0.002), 1e-6);
}

TEST(Forecast, OneTrialIsScaled) {
  const std::vector<Trial> trials{lawful(500)};
  const Forecast found = forecast(perplexity(50), {.rows = 500, .columns = 50}, trials, 4e7);
  EXPECT_NEAR(seconds_of(found, "neighbors"), trials[0].neighbors, 1e-9);
}

TEST(Forecast, MemoryIsThatOfTheLargestStageAndShrinksWithRanks) {
  const std::vector<Trial> trials{lawful(10000), lawful(20000)};
  const DataShape data{.rows = 1000000, .columns = 50};
  DataShape shared = data;
  shared.ranks = 4;
  const Config config = perplexity(50);
  const Forecast alone = forecast(config, data, trials, 0);
  EXPECT_EQ(alone.peak().name, "affinity");
  // Both directions of 150 edges a point, 4 bytes each, and half a gigabyte on its way.
  const double degree = lawful(1000000).degree;
  const double libraries = 28e6;
  EXPECT_NEAR(alone.peak().bytes - libraries, 1e6 * 4 * (150 * 1.1 + degree) + 8 * (1 << 26), 1e6);
  EXPECT_NEAR(forecast(config, shared, trials, 0).peak().bytes - libraries,
              (alone.peak().bytes - libraries) / 4, 1e6);
  // What is held before there are rows comes on top.
  EXPECT_NEAR(forecast(config, data, trials, 5e7).peak().bytes, alone.peak().bytes + 5e7, 1);
}

TEST(Forecast, LeastBytesAreRowsAndNeighbours) {
  const Config config = perplexity(50);
  EXPECT_DOUBLE_EQ(least_bytes(config, {.rows = 1000, .columns = 50}), 1000 * (64 * 4 + 150 * 8));
  EXPECT_DOUBLE_EQ(least_bytes(config, {.rows = 1000, .columns = 50, .ranks = 4}), 250 * (64 * 4 + 150 * 8));
  Config reduced = config;
  reduced.input.pca = 16;
  EXPECT_DOUBLE_EQ(least_bytes(reduced, {.rows = 1000, .columns = 2000}),
                   1000 * 2000.0 * 4 + 16 * 2000 * 2000.0)
      << "rows, and what their components are computed from";
}

TEST(Forecast, WhatDoesNotFitIsRefusedWithTheRanksThatWouldDo) {
  const DataShape data{.rows = 1000000, .columns = 50, .ranks = 2};
  EXPECT_NO_THROW(expect_room(perplexity(50), data, "neighbors", 1e9, 1e9));
  try {
    expect_room(perplexity(50), data, "neighbors", 5 * std::exp2(30), 2 * std::exp2(30));
    FAIL() << "it fits";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("1000000 rows with 150 neighbours each do not fit 2 ranks"));
    EXPECT_THAT(error.what(),
                HasSubstr("the stage neighbors takes 5.00 GiB a rank, and a rank can have 2.00"));
    EXPECT_THAT(error.what(), HasSubstr("Start 5 ranks or more"));
  }
  try {
    expect_room(perplexity(50), data, "neighbors", 1e9, 0);
    FAIL() << "it fits";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Give the ranks more memory")) << "no number of ranks would do";
  }
}

TEST(Trial, SizesAreSmallBesideTheRowsAndLargeBesideTheNeighbours) {
  using testing::ElementsAre;
  EXPECT_THAT(trial_sizes(perplexity(50), {.rows = 1306127}), ElementsAre(40000, 80000, 160000));
  EXPECT_THAT(trial_sizes(perplexity(50), {.rows = 70000}), ElementsAre(8750, 17500, 35000));
  EXPECT_THAT(trial_sizes(perplexity(500), {.rows = 10000}), ElementsAre(5000));
  EXPECT_THAT(trial_sizes(perplexity(50), {.rows = 500}), ElementsAre(500)) << "all: nothing is to be saved";
  EXPECT_THAT(trial_sizes(perplexity(50), {.rows = 100'000'000, .ranks = 256}), ElementsAre(256256))
      << "not all of them";
  Config reduced = perplexity(50);
  reduced.input.pca = 1500;
  EXPECT_THAT(trial_sizes(reduced, {.rows = 8000, .columns = 3000}), ElementsAre(4000))
      << "a sample has as many components as are asked for";
}

}  // namespace
}  // namespace fleetsne::run
