#include "fleetsne/run/schedule.hpp"

#include <fmt/format.h>

#include <set>

namespace fleetsne::run {
namespace {

/// So that all of some stages can be counted.
constexpr int most_iterations = 1'000'000'000;

/// Where the field's error is known (tests/optimize/test_field.cpp).
constexpr double least_dof = 0.1, most_dof = 100;

optimize::Stage common_stage(const OptimizeConfig& c) {
  return {.momentum = c.momentum,
          .learning_rate = c.learning_rate,
          .dof = c.dof,
          .max_step_norm = c.max_step_norm,
          .max_gradient_norm = c.max_gradient_norm,
          .settled = c.settled};
}

optimize::Stage stage_of(const OptimizeConfig& c, const StageConfig& s) {
  optimize::Stage stage = common_stage(c);
  stage.name = s.name;
  stage.iterations = s.iterations.value_or(0);
  if (s.exaggeration) {
    stage.exaggeration = s.exaggeration->first;
    if (s.exaggeration->last != s.exaggeration->first) stage.final_exaggeration = s.exaggeration->last;
  }
  stage.learning_rate = s.learning_rate.value_or(c.learning_rate);
  stage.momentum = s.momentum.value_or(c.momentum);
  stage.dof = s.dof.value_or(c.dof);
  stage.max_step_norm = s.max_step_norm.value_or(c.max_step_norm);
  stage.max_gradient_norm = s.max_gradient_norm.value_or(c.max_gradient_norm);
  stage.settled = s.settled.value_or(c.settled);
  stage.reset = s.reset.value_or(false);
  return stage;
}

/// Checks values that have a spelling each, by which messages call them.
class Checks {
 public:
  explicit Checks(Problems& problems) : problems_(problems) {}

  void iterations(const std::string& name, int value, int least) {
    problems_.require(value >= least && value <= most_iterations,
                      fmt::format("{} is {} (it is a number of iterations). Choose {} to {}", name, value,
                                  least, most_iterations));
  }
  void exaggeration(const std::string& name, double value) {
    problems_.require(
        value > 0,
        fmt::format("{} is {} (it multiplies the attraction, so it must be above 0). 1 leaves it as it is",
                    name, value));
  }
  void momentum(const std::string& name, double value) {
    problems_.require(
        value >= 0 && value < 1,
        fmt::format("{} is {} (it must be at least 0 and below 1, or steps grow without end). 0.8 is usual",
                    name, value));
  }
  void learning_rate(const std::string& name, const optimize::LearningRate& rate) {
    problems_.require(
        rate.rule != optimize::LearningRate::Rule::fixed || rate.value > 0,
        fmt::format("{} is {} (points would not move, or uphill). Give auto, n/12 or a number above 0", name,
                    rate.value));
  }
  void dof(const std::string& name, double value) {
    problems_.require(
        is_dof(value),
        fmt::format("{} is {} (degrees of freedom are {} to {}). 1 is t-SNE's kernel, fewer have "
                    "heavier tails, many are almost a Gaussian",
                    name, value, least_dof, most_dof));
  }
  void step_norm(const std::string& name, double value) {
    problems_.require(value > 0, fmt::format("{} is {} (no point could move). 5 is usual", name, value));
  }
  void gradient_norm(const std::string& name, double value) {
    problems_.require(value >= 0,
                      fmt::format("{} is {} (a length is not negative). Give 0 for no limit", name, value));
  }
  void settled(const std::string& name, double value) {
    problems_.require(
        value == 0 || value >= 1,
        fmt::format("{} is {} (a stage ends when the KL fell by less than such a part of it, so "
                    "it is at least 1; 5000 is usual). Give 0 to end no stage early",
                    name, value));
  }

 private:
  Problems& problems_;
};

void check_stage(const StageConfig& stage, Problems& problems) {
  const auto of = [&](const char* key) { return fmt::format("{} of the stage {}", key, stage.name); };
  Checks checks(problems);
  problems.require(
      is_stage_name(stage.name),
      fmt::format("a stage is called '{}' (a name has letters, digits, - and _). Give it another",
                  stage.name));
  if (stage.iterations)
    checks.iterations(of("iterations"), *stage.iterations, 1);
  else
    problems.add(fmt::format(
        "the stage {} says no iterations (nothing tells when it ends). Add iterations = N", stage.name));
  if (stage.exaggeration) {
    checks.exaggeration(of("exaggeration"), stage.exaggeration->first);
    if (stage.exaggeration->last != stage.exaggeration->first)
      checks.exaggeration(of("exaggeration"), stage.exaggeration->last);
  }
  if (stage.learning_rate) checks.learning_rate(of("learning-rate"), *stage.learning_rate);
  if (stage.momentum) checks.momentum(of("momentum"), *stage.momentum);
  if (stage.dof) checks.dof(of("dof"), *stage.dof);
  if (stage.max_step_norm) checks.step_norm(of("max-step-norm"), *stage.max_step_norm);
  if (stage.max_gradient_norm) checks.gradient_norm(of("max-gradient-norm"), *stage.max_gradient_norm);
  if (stage.settled) checks.settled(of("settled"), *stage.settled);
}

/// What the two stages that there are without others say has no place beside those.
void check_short_ways(const OptimizeConfig& c, Problems& problems) {
  const OptimizeConfig usual;
  for (const auto& [name, given] :
       {std::pair("--early-iterations", c.early_iterations != usual.early_iterations),
        std::pair("--early-exaggeration", c.early_exaggeration != usual.early_exaggeration),
        std::pair("--optimize.early-momentum", c.early_momentum != usual.early_momentum),
        std::pair("--iterations", c.iterations != usual.iterations),
        std::pair("--exaggeration", c.exaggeration != usual.exaggeration)})
    problems.require(!given, both_given(name));
}

}  // namespace

bool is_dof(double value) {
  return value >= least_dof && value <= most_dof;
}

std::string both_given(const std::string& name) {
  return fmt::format(
      "{} was given, and stages too (each stage says its own). Say it in the stages, or leave them out",
      name);
}

std::vector<optimize::Stage> schedule(const OptimizeConfig& c) {
  std::vector<optimize::Stage> result;
  for (const StageConfig& stage : c.stages) result.push_back(stage_of(c, stage));
  if (!result.empty()) return result;
  const auto add = [&](const char* name, int iterations, double exaggeration, double momentum) {
    if (iterations == 0) return;
    optimize::Stage stage = common_stage(c);
    stage.name = name;
    stage.iterations = iterations;
    stage.exaggeration = exaggeration;
    stage.momentum = momentum;
    result.push_back(std::move(stage));
  };
  add("early", c.early_iterations, c.early_exaggeration, c.early_momentum);
  add("main", c.iterations, c.exaggeration, c.momentum);
  return result;
}

void check_schedule(const OptimizeConfig& c, Problems& problems) {
  Checks checks(problems);
  checks.iterations("--early-iterations", c.early_iterations, 0);
  checks.iterations("--iterations", c.iterations, 0);
  checks.exaggeration("--early-exaggeration", c.early_exaggeration);
  checks.exaggeration("--exaggeration", c.exaggeration);
  checks.momentum("--optimize.early-momentum", c.early_momentum);
  checks.momentum("--optimize.momentum", c.momentum);
  checks.learning_rate("--learning-rate", c.learning_rate);
  checks.dof("--dof", c.dof);
  checks.step_norm("--optimize.max-step-norm", c.max_step_norm);
  checks.gradient_norm("--optimize.max-gradient-norm", c.max_gradient_norm);
  checks.settled("--optimize.settled", c.settled);
  if (c.stages.empty()) return;
  check_short_ways(c, problems);
  std::set<std::string> names;
  for (const StageConfig& stage : c.stages) {
    check_stage(stage, problems);
    problems.require(
        names.insert(stage.name).second,
        fmt::format("two stages are called {} (log and report would mix them up). Rename one", stage.name));
  }
}

IterationCounts count_iterations(const Config& config) {
  IterationCounts counts;
  const std::vector<optimize::Stage> stages = optimizer_config(config).stages;
  for (const optimize::Stage& stage : stages) counts.all += stage.iterations;
  const bool begins = config.init.continued.empty() && stages.size() > 1;
  counts.late = begins ? counts.all - stages.front().iterations : counts.all;
  return counts;
}

}  // namespace fleetsne::run
