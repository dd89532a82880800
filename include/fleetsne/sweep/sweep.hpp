#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/sweep/config.hpp"
#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/table.hpp"

#include <string>
#include <vector>

namespace fleetsne::sweep {

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

/// Throws the error of the first row that failed or was killed, if one did; else one of kind `io` if a
/// row is not made, as after a job that was cancelled while it waited. By one rank alone.
void expect_done(const Plan& plan);

}  // namespace fleetsne::sweep
