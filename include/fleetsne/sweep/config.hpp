#pragma once

#include "fleetsne/run/config.hpp"

#include <string>

namespace fleetsne::sweep {

/// What is done of a sweep.
enum class Part {
  all,
  neighbors,   ///< one of the plan's
  affinities,  ///< the same
  rows,        ///< the same
  table,       ///< the table and the page of what is there
};

/// As the option --part spells it.
const char* name_of(Part part);

/// Everything that a user can say about how a sweep runs, with its defaults.
struct SweepConfig {
  std::string file;  ///< that tells the rows
  bool retry = false;
  std::string launch;  ///< the words before `fleetsne` that start a row in processes of its own, for example
                       ///< "mpirun -n 2"; empty: rows run one after the other in this run's ranks
  std::string submit;  ///< Slurm batch script that the parts are handed to; empty: none
  std::string submit_options;  ///< words for sbatch
  int at_once = 4;             ///< rows of a Slurm array that run at the same time
  Part part = Part::all;
  int index = 0;  ///< which of the part's, from 0
  bool force = false;
  run::CheckpointConfig checkpoint;  ///< of it the time and the stop file
};

/// Whether the values make sense. Throws one UsageError that names every problem. Not collective.
void check_config(const SweepConfig& config, int ranks);

}  // namespace fleetsne::sweep
