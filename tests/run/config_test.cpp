#include "fleetsne/run/config.hpp"

#include "fleetsne/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace fleetsne::run {
namespace {

using testing::HasSubstr;

Config good() {
  Config config;
  config.input.files = {"rows.npy"};
  config.output.directory = "out";
  return config;
}

std::string usage_error(const Config& config) {
  try {
    check_config(config);
  } catch (const base::UsageError& error) {
    return error.what();
  }
  return "";
}

std::string data_error(const Config& config, const DataShape& data, base::ErrorKind kind) {
  try {
    check_against_data(config, data);
  } catch (const base::Error& error) {
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.what();
    return error.what();
  }
  return "";
}

TEST(Config, DefaultsAreFine) {
  EXPECT_EQ(usage_error(good()), "");
}

TEST(Config, NeighborsAreThreeTimesThePerplexityUnlessGiven) {
  Config config = good();
  config.affinity.perplexity = 50;
  EXPECT_EQ(neighbor_count(config), 150U);
  config.affinity.perplexity = 33.3;
  EXPECT_EQ(neighbor_count(config), 99U) << "rounded down";
  config.neighbors.count = 60;
  EXPECT_EQ(neighbor_count(config), 60U);
}

TEST(Config, UniformAffinitiesTakeFifteenNeighboursAndNoPerplexity) {
  Config config = good();
  config.affinity.kind = affinity::Kind::uniform;
  EXPECT_EQ(neighbor_count(config), 15U);
  EXPECT_EQ(usage_error(config), "");
  EXPECT_EQ(data_error(config, {.rows = 16, .columns = 5}, base::ErrorKind::usage), "");
  EXPECT_THAT(data_error(config, {.rows = 15, .columns = 5}, base::ErrorKind::usage),
              HasSubstr("Give --neighbors 14 or fewer"));
  config.neighbors.count = 7;  // below the perplexity that is not used
  EXPECT_EQ(neighbor_count(config), 7U);
  EXPECT_EQ(usage_error(config), "");
  EXPECT_EQ(data_error(config, {.rows = 15, .columns = 5}, base::ErrorKind::usage), "");
}

TEST(Config, SeveralPerplexitiesTakeNeighboursForTheLargest) {
  Config config = good();
  config.affinity.kind = affinity::Kind::mixture;
  EXPECT_THAT(usage_error(config), HasSubstr("Add for example --affinity.perplexities 50,500"));
  config.affinity.perplexities = {20, 120};
  EXPECT_EQ(usage_error(config), "");
  EXPECT_EQ(neighbor_count(config), 360U);
  EXPECT_THAT(data_error(config, {.rows = 300, .columns = 5}, base::ErrorKind::usage),
              HasSubstr("--affinity.perplexities 20,120 is too large for 300 rows"));
  config.neighbors.count = 100;
  EXPECT_THAT(usage_error(config),
              HasSubstr("--affinity.perplexities 20,120 was given, and a row has 100 neighbors"));
  config.affinity.kind = affinity::Kind::perplexity;
  EXPECT_THAT(usage_error(config),
              HasSubstr("--affinity.perplexities was given with another --affinity.kind"));
}

TEST(Config, FixedSigmaTakesThirtyNeighbours) {
  Config config = good();
  config.affinity.kind = affinity::Kind::fixed_sigma;
  EXPECT_EQ(neighbor_count(config), 30U);
  EXPECT_EQ(usage_error(config), "");
  config.affinity.sigma = 0;
  EXPECT_THAT(usage_error(config), HasSubstr("--affinity.sigma is 0"));
}

TEST(Config, MeanSymmetryIsForUniformAlone) {
  Config config = good();
  config.affinity.symmetry = affinity::Symmetry::mean;
  EXPECT_THAT(usage_error(config), HasSubstr("--affinity.symmetry mean"));
  config.affinity.kind = affinity::Kind::uniform;
  EXPECT_EQ(usage_error(config), "");
}

TEST(Config, EveryBadValueIsNamed) {
  const std::vector<std::pair<std::string, void (*)(Config&)>> cases{
      {"no input", [](Config& c) { c.input.files.clear(); }},
      {"no output", [](Config& c) { c.output.directory.clear(); }},
      {"--perplexity is 0.5", [](Config& c) { c.affinity.perplexity = 0.5; }},
      {"--perplexity 30 was given, and a row has 20 neighbors", [](Config& c) { c.neighbors.count = 20; }},
      {"--neighbors.links is 1", [](Config& c) { c.neighbors.links = 1; }},
      {"--neighbors.links is 1001", [](Config& c) { c.neighbors.links = 1001; }},
      {"--neighbors.ef-construction is 0", [](Config& c) { c.neighbors.ef_construction = 0; }},
      {"--neighbors.ef-construction is 1000001", [](Config& c) { c.neighbors.ef_construction = 1'000'001; }},
      {"--neighbors.aim is 1 ", [](Config& c) { c.neighbors.aim = 1; }},
      {"--neighbors.aim is -0.1 ", [](Config& c) { c.neighbors.aim = -0.1; }},
      {"--neighbors.recall-sample is 10", [](Config& c) { c.neighbors.recall_sample = 10; }},
      {"Add --init-file FILE", [](Config& c) { c.init.start = init::Start::file; }},
      {"--init-file was given with another --init", [](Config& c) { c.init.file = "start.npy"; }},
      {"--init.standard-deviation is 0", [](Config& c) { c.init.standard_deviation = 0; }},
      {"--init.standard-deviation is 1001", [](Config& c) { c.init.standard_deviation = 1001; }},
      {"--early-iterations is -1", [](Config& c) { c.optimize.early_iterations = -1; }},
      {"--iterations is -5", [](Config& c) { c.optimize.iterations = -5; }},
      {"--iterations is 2000000000", [](Config& c) { c.optimize.iterations = 2'000'000'000; }},
      {"--early-exaggeration is 0", [](Config& c) { c.optimize.early_exaggeration = 0; }},
      {"--exaggeration is -1", [](Config& c) { c.optimize.exaggeration = -1; }},
      {"--optimize.early-momentum is 1", [](Config& c) { c.optimize.early_momentum = 1; }},
      {"--optimize.momentum is -0.1", [](Config& c) { c.optimize.momentum = -0.1; }},
      {"--learning-rate is 0",
       [](Config& c) {
         c.optimize.learning_rate = {optimize::LearningRate::Rule::fixed, 0};
       }},
      {"--optimize.max-step-norm", [](Config& c) { c.optimize.max_step_norm = 0; }},
      {"--dof is 0 (", [](Config& c) { c.optimize.dof = 0; }},
      {"dof of the stage a is 101",
       [](Config& c) { c.optimize.stages = {{.name = "a", .iterations = 5, .dof = 101}}; }},
      {"--optimize.max-gradient-norm is -1", [](Config& c) { c.optimize.max_gradient_norm = -1; }},
      {"--optimize.settled is 0.5", [](Config& c) { c.optimize.settled = 0.5; }},
      {"the stage a says no iterations", [](Config& c) { c.optimize.stages = {{.name = "a"}}; }},
      {"iterations of the stage a is 0",
       [](Config& c) {
         c.optimize.stages = {{"a", 0}};
       }},
      {"exaggeration of the stage a is -2",
       [](Config& c) {
         c.optimize.stages = {{"a", 5, Exaggeration{4, -2}}};
       }},
      {"learning-rate of the stage a is -1",
       [](Config& c) {
         c.optimize.stages = {
             {.name = "a", .iterations = 5, .learning_rate = {{optimize::LearningRate::Rule::fixed, -1}}}};
       }},
      {"momentum of the stage a is 1",
       [](Config& c) { c.optimize.stages = {{.name = "a", .iterations = 5, .momentum = 1}}; }},
      {"two stages are called a",
       [](Config& c) {
         c.optimize.stages = {{"a", 5}, {"a", 6}};
       }},
      {"a stage is called 'a/b'",
       [](Config& c) {
         c.optimize.stages = {{"a/b", 5}};
       }},
      {"--exaggeration was given, and stages too",
       [](Config& c) {
         c.optimize.stages = {{"a", 5}};
         c.optimize.exaggeration = 4;
       }},
      {"--dimensions is 3", [](Config& c) { c.optimize.dimensions = 3; }},
      {"--snapshot.every is -1", [](Config& c) { c.snapshot.every = -1; }},
      {"--init was given with --continue",
       [](Config& c) {
         c.init.continued = "e.h5ad";
         c.init.start = init::Start::random;
       }},
      {"--early-iterations was given with --continue",
       [](Config& c) {
         c.init.continued = "e.h5ad";
         c.optimize.early_iterations = 20;
       }},
      {"--optimize.kl-every", [](Config& c) { c.optimize.kl_every = 0; }},
      {"--optimize.grid-sharing",
       [](Config& c) {
         c.optimize.repulsion = optimize::Repulsion::exact;
         c.optimize.sharing = optimize::GridSharing::slab;
       }},
      {"--plot.size is 99 (it is the longer side of a panel in pixels). Choose 100 to 10000",
       [](Config& c) { c.plot.size = 99; }},
      {"--plot.size is 10001 (it is the longer side of a panel in pixels). Choose 100 to 10000",
       [](Config& c) { c.plot.size = 10'001; }},
      {"--threads is -2", [](Config& c) { c.run.threads = -2; }},
      {"--threads is 1025", [](Config& c) { c.run.threads = 1025; }},
      {"--quiet was given with --log",
       [](Config& c) {
         c.run.quiet = true;
         c.run.log = LogChoice::plain;
       }},
  };
  for (const auto& [expected, spoil] : cases) {
    Config config = good();
    spoil(config);
    const std::string message = usage_error(config);
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, testing::Not(HasSubstr("problems")));
  }
}

TEST(Config, TheLargestAndSmallestValuesThatAreNamedAreFine) {
  Config config = good();
  config.neighbors.links = 1000;
  config.neighbors.ef_construction = 1'000'000;
  config.optimize.early_iterations = config.optimize.iterations = 1'000'000'000;
  config.run.threads = 1024;
  config.plot.size = plot::largest_size;
  config.init.standard_deviation = 1e3;
  EXPECT_EQ(usage_error(config), "");
  config.plot.size = plot::smallest_size;
  config.init.standard_deviation = 1e-12;
  EXPECT_EQ(usage_error(config), "");
}

TEST(Config, AllProblemsAreToldTogether) {
  Config config = good();
  config.affinity.perplexity = 0;
  config.optimize.exaggeration = 0;
  config.init.start = init::Start::file;
  const std::string message = usage_error(config);
  EXPECT_THAT(message, HasSubstr("3 problems"));
  EXPECT_THAT(message, HasSubstr("--perplexity"));
  EXPECT_THAT(message, HasSubstr("--exaggeration"));
  EXPECT_THAT(message, HasSubstr("--init-file"));
}

TEST(Config, LargestPerplexityIsExactlyTheOneThatIsNamed) {
  Config config = good();
  config.affinity.perplexity = 50;
  const DataShape data{.rows = 100, .columns = 5};
  EXPECT_THAT(data_error(config, data, base::ErrorKind::usage), HasSubstr("The largest possible here is 33"));
  config.affinity.perplexity = 33;
  EXPECT_EQ(data_error(config, data, base::ErrorKind::usage), "");
  config.affinity.perplexity = 34;
  EXPECT_NE(data_error(config, data, base::ErrorKind::usage), "");
}

TEST(Config, PerplexitiesWithDecimalsFitBelowAThirdOfTheRows) {
  Config config = good();
  const DataShape data{.rows = 100, .columns = 5};
  for (const double fits : {33.3, std::nextafter(100.0 / 3, 0)}) {
    config.affinity.perplexity = fits;
    EXPECT_EQ(data_error(config, data, base::ErrorKind::usage), "") << fits;
    EXPECT_EQ(neighbor_count(config), 99U);
  }
  for (const double too_large : {100.0 / 3, 33.34, 1e19, 1e300}) {
    config.affinity.perplexity = too_large;
    EXPECT_THAT(data_error(config, data, base::ErrorKind::usage),
                HasSubstr("The largest possible here is 33, or with decimals any below 100/3"))
        << too_large;
  }
}

TEST(Config, LargestNeighborCountIsExactlyTheOneThatIsNamed) {
  Config config = good();
  config.neighbors.count = 100;
  const DataShape data{.rows = 100, .columns = 5};
  EXPECT_THAT(data_error(config, data, base::ErrorKind::usage), HasSubstr("The largest possible here is 99"));
  config.neighbors.count = 99;
  EXPECT_EQ(data_error(config, data, base::ErrorKind::usage), "");
}

TEST(Config, DataThatCannotBeEmbeddedIsAnInputError) {
  const Config config = good();
  using base::ErrorKind;
  EXPECT_THAT(data_error(config, {.rows = 0, .columns = 5}, ErrorKind::input), HasSubstr("no rows"));
  EXPECT_THAT(data_error(config, {.rows = 500, .columns = 0}, ErrorKind::input), HasSubstr("no columns"));
  EXPECT_THAT(data_error(config, {.rows = 5, .columns = 5, .ranks = 6}, ErrorKind::input),
              HasSubstr("at most 5 ranks"));
  EXPECT_THAT(data_error(config, {.rows = 3, .columns = 5}, ErrorKind::input), HasSubstr("3 rows"));
}

TEST(Config, ComponentsAndColumnsMustExist) {
  Config config = good();
  config.input.pca = 11;
  EXPECT_THAT(data_error(config, {.rows = 500, .columns = 10}, base::ErrorKind::usage),
              HasSubstr("The largest possible here is 10"));
  config.input.pca = 10;
  EXPECT_EQ(data_error(config, {.rows = 500, .columns = 10}, base::ErrorKind::usage), "");
  config.input.pca = 1;
  config.init.start = init::Start::columns;
  EXPECT_THAT(data_error(config, {.rows = 500, .columns = 10}, base::ErrorKind::usage),
              HasSubstr("--init columns"));
}

TEST(Config, ColumnsWithoutEndHaveNoComponents) {
  Config config = good();
  const DataShape data{.rows = 500, .columns = 20'001};
  EXPECT_THAT(data_error(config, data, base::ErrorKind::usage), HasSubstr("20001 columns are too many"));
  config.init.start = init::Start::random;
  EXPECT_EQ(data_error(config, data, base::ErrorKind::usage), "");
}

TEST(Config, InitFileHasTheShapeOfAnEmbedding) {
  Config config = good();
  config.init = {.start = init::Start::file, .file = "start.npy"};
  DataShape data{.rows = 500, .columns = 10, .init_rows = 499, .init_columns = 2};
  EXPECT_THAT(data_error(config, data, base::ErrorKind::input),
              HasSubstr("start.npy is 499 x 2, not 500 x 2"));
  data.init_rows = 500;
  data.init_columns = 3;
  EXPECT_NE(data_error(config, data, base::ErrorKind::input), "");
  data.init_columns = 2;
  EXPECT_EQ(data_error(config, data, base::ErrorKind::input), "");
}

TEST(Config, StagesWithoutIterationsAreLeftOut) {
  OptimizeConfig config;
  EXPECT_EQ(optimizer_config(config).stages.size(), 2U);
  config.early_iterations = 0;
  ASSERT_EQ(optimizer_config(config).stages.size(), 1U);
  EXPECT_EQ(optimizer_config(config).stages[0].exaggeration, 1);
}

TEST(Config, ARunThatGoesOnHasNoEarlyIterations) {
  Config config = good();
  config.init.continued = "e.h5ad";
  EXPECT_EQ(usage_error(config), "");
  ASSERT_EQ(optimizer_config(config).stages.size(), 1U);
  EXPECT_EQ(optimizer_config(config).stages[0].iterations, 500);
  EXPECT_EQ(optimizer_config(config).stages[0].exaggeration, 1);
  config.optimize.stages = {{"a", 5}, {"b", 6}};
  EXPECT_EQ(optimizer_config(config).stages.size(), 2U);
}

TEST(Config, AStageIsAsAllAreUnlessItSaysOtherwise) {
  OptimizeConfig config;
  config.learning_rate = {optimize::LearningRate::Rule::n_over_12, 0};
  config.max_gradient_norm = 3;
  config.settled = 5000;
  config.stages = {{.name = "first", .iterations = 500, .exaggeration = Exaggeration{12, 12}},
                   {.name = "second",
                    .iterations = 250,
                    .exaggeration = Exaggeration{12, 4},
                    .learning_rate = {{optimize::LearningRate::Rule::fixed, 7}},
                    .momentum = 0.5,
                    .dof = 0.5,
                    .max_step_norm = 2,
                    .max_gradient_norm = 0.25,
                    .settled = 0,
                    .reset = true}};
  const auto stages = optimizer_config(config).stages;
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0].name, "first");
  EXPECT_EQ(stages[0].iterations, 500);
  EXPECT_EQ(stages[0].exaggeration, 12);
  EXPECT_FALSE(stages[0].final_exaggeration);
  EXPECT_EQ(static_cast<int>(stages[0].learning_rate.rule),
            static_cast<int>(optimize::LearningRate::Rule::n_over_12));
  EXPECT_EQ(stages[0].momentum, 0.8);
  EXPECT_EQ(stages[0].max_step_norm, 5);
  EXPECT_EQ(stages[0].max_gradient_norm, 3);
  EXPECT_EQ(stages[0].settled, 5000);
  EXPECT_FALSE(stages[0].reset);
  EXPECT_EQ(stages[1].final_exaggeration, 4);
  EXPECT_EQ(stages[1].learning_rate.value, 7);
  EXPECT_EQ(stages[1].momentum, 0.5);
  EXPECT_EQ(stages[0].dof, 1);
  EXPECT_EQ(stages[1].dof, 0.5);
  EXPECT_EQ(stages[1].max_step_norm, 2);
  EXPECT_EQ(stages[1].max_gradient_norm, 0.25);
  EXPECT_EQ(stages[1].settled, 0);
  EXPECT_TRUE(stages[1].reset);
}

TEST(Config, StagesTakeTheSeedOfTheRun) {
  Config config;
  config.run.seed = 7;
  EXPECT_EQ(search_config(config).seed, 7U);
  EXPECT_EQ(search_config(config).count, 90U);
  EXPECT_EQ(start_config(config).seed, 7U);
}

TEST(Checkpoint, TimesAreSpelledAsSlurmSpellsThem) {
  EXPECT_EQ(seconds_of("90"), 90);
  EXPECT_EQ(seconds_of("1:30"), 90);
  EXPECT_EQ(seconds_of("2:00:05"), 7205);
  EXPECT_EQ(seconds_of("1-12"), 129600);
  EXPECT_EQ(seconds_of("1-00:01:00"), 86460);
  for (const char* wrong : {"", "x", "1:", ":1", "1:2:3:4", "-5", "1-", "1.5", "9999999999", "1 "})
    EXPECT_FALSE(seconds_of(wrong)) << wrong;
}

}  // namespace
}  // namespace fleetsne::run
