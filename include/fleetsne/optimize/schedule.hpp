#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fleetsne::optimize {

struct LearningRate {
  enum class Rule { automatic /* n / exaggeration */, n_over_12, fixed } rule = Rule::automatic;
  double value = 0;  ///< for fixed
};

/// Iterations by one rule. The optimiser's state (positions, gains, last steps) goes on from stage to stage.
struct Stage {
  int iterations = 0;
  double exaggeration = 1;
  double momentum = 0.8;
  /// Exaggeration of the last iteration, if it changes from the first on along a straight line.
  std::optional<double> final_exaggeration{};
  /// The automatic one goes by the iteration's exaggeration.
  LearningRate learning_rate{};
  double dof = 1;                ///< degrees of freedom of the kernel (Objective::set_dof)
  double max_step_norm = 5;      ///< a point moves at most this far in an iteration
  double max_gradient_norm = 0;  ///< a longer gradient of a point is cut to this length; 0: none is
  /// Ends the stage early if KL(P || Q) (without exaggeration, as it is logged, every `kl_every` iterations
  /// of the stage) is less than a `settled`-th of its value below that of the look before in this stage, or
  /// above it. The first look of a stage, and all while the points' box is less than 1 wide and high, are
  /// only looks. 0: never.                                                          [Belkina et al. 2019]
  double settled = 0;
  bool reset = false;  ///< last steps and gains are forgotten before the stage
  std::string name{};  ///< for log and report; empty: none
};

/// Exaggeration of an iteration (0 .. stage.iterations - 1).
double exaggeration_at(const Stage& stage, int iteration);

/// Step size for so many points.
double learning_rate_of(const LearningRate& rate, double points, double exaggeration);

/// What a stage says of itself in the log.
std::string description_of(const Stage& stage, double points);

}  // namespace fleetsne::optimize
