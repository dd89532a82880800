#pragma once

#include "fleetsne/run/config.hpp"
#include "fleetsne/run/problems.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fleetsne::run {

/// The stages that a config means, as the optimiser takes them.
std::vector<optimize::Stage> schedule(const OptimizeConfig& config);

/// Whether a kernel can have so many degrees of freedom.
bool is_dof(double value);

/// Whether a stage can be called so: letters, digits, - and _.
bool is_stage_name(const std::string& name);

/// Adds what is wrong with the stages, and with what holds for all of them.
void check_schedule(const OptimizeConfig& config, Problems& problems);

/// What is wrong when the option `name` of the two usual stages was given and stages too.
std::string both_given(const std::string& name);

/// Iterations of all stages, and of those in which points have spread out: after the first stage, or all that
/// go on from another run.
struct IterationCounts {
  std::int64_t all = 0, late = 0;
};
IterationCounts count_iterations(const Config& config);

}  // namespace fleetsne::run
