#include "fleetsne/sweep/config.hpp"

#include "fleetsne/run/launch.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/sweep/child.hpp"

#include <fmt/format.h>

namespace fleetsne::sweep {

const char* name_of(Part part) {
  switch (part) {
    case Part::all:
      return "all";
    case Part::neighbors:
      return "neighbors";
    case Part::affinities:
      return "affinities";
    case Part::rows:
      return "rows";
    case Part::table:
      return "table";
  }
  return "?";
}

void check_config(const SweepConfig& config, int ranks) {
  run::Problems problems;
  problems.require(
      config.launch.empty() || config.submit.empty(),
      "--launch and --submit were both given (a row starts here, or in a Slurm job). Leave out one "
      "of them");
  problems.require(config.submit_options.empty() || !config.submit.empty(),
                   "--submit-options was given without --submit (they are sbatch's). Add --submit SCRIPT");
  problems.require(config.at_once >= 1,
                   fmt::format("--at-once is {} (at least one row runs at a time)", config.at_once));
  problems.require(config.index >= 0, fmt::format("--index is {} (it counts from 0)", config.index));
  const bool starts = config.part == Part::all && (!config.launch.empty() || !config.submit.empty());
  problems.require(
      !starts || (ranks == 1 && !run::started_by_launcher(run::first_environment())),
      "--launch or --submit was given under mpirun (a launcher in a launcher; the rows get their "
      "ranks by it). Run fleetsne sweep by itself");
  problems.raise();
}

}  // namespace fleetsne::sweep
