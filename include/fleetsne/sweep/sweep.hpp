#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/table.hpp"

#include <string>
#include <vector>

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

/// Whether every row can be had, by itself and on its data, before any is begun. Collective; throws one
/// UsageError on all ranks that names every row's problem.
void check_rows(const comm::Communicator& comm, const Plan& plan);

/// What is to be done, as lines for people. Collective.
std::string preview(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
                    const Describe& describe);

/// Does what the config says of the plan, as far as it is not there: neighbours, affinities, rows, and then
/// the table, DIR/sweep.csv, and the page, DIR/index.html. Rows that failed or were killed are left alone but
/// for `retry`; rows that nobody knows the end of come last. A row that fails harms no other: the error is
/// thrown when all is done.
/// @param arguments  the command line without the program and `sweep`, for processes of their own
/// @return  the text to print
/// @note Collective. Throws AgreedError on all ranks; of kind `stopped` as soon as a row stops.
std::string run_sweep(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
                      const std::vector<std::string>& arguments, const Describe& describe, base::Log& log);

/// Throws the error of the first row that failed or was killed, if one did. By one rank alone.
void expect_done(const Plan& plan);

}  // namespace fleetsne::sweep
