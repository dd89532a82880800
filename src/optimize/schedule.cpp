#include "fleetsne/optimize/schedule.hpp"

#include <fmt/format.h>

namespace fleetsne::optimize {

double exaggeration_at(const Stage& stage, int iteration) {
  if (!stage.final_exaggeration || stage.iterations < 2) return stage.exaggeration;
  const double share = static_cast<double>(iteration) / (stage.iterations - 1);
  return stage.exaggeration + share * (*stage.final_exaggeration - stage.exaggeration);
}

double learning_rate_of(const LearningRate& rate, double points, double exaggeration) {
  switch (rate.rule) {
    case LearningRate::Rule::automatic:
      return points / exaggeration;
    case LearningRate::Rule::n_over_12:
      return points / 12;
    case LearningRate::Rule::fixed:
      return rate.value;
  }
  return rate.value;
}

std::string description_of(const Stage& stage, double points) {
  const auto from_to = [&](double first, double last) {
    return first == last ? fmt::format("{:.2f}", first) : fmt::format("{:.2f} to {:.2f}", first, last);
  };
  const double last = stage.final_exaggeration.value_or(stage.exaggeration);
  const std::string dof = stage.dof == 1 ? "" : fmt::format(", dof={}", stage.dof);
  return fmt::format("exaggeration={}, lr={}{} for {} iterations", from_to(stage.exaggeration, last),
                     from_to(learning_rate_of(stage.learning_rate, points, stage.exaggeration),
                             learning_rate_of(stage.learning_rate, points, last)),
                     dof, stage.iterations);
}

}  // namespace fleetsne::optimize
