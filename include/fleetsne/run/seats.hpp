#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/problems.hpp"

namespace fleetsne::run {

/// What a run has to work with.
struct Seats {
  int threads = 1;  ///< of every rank
  int hosts = 1;
};

/// Sets the number of OpenMP threads of this rank, the same on every rank, and how long it waits for others,
/// and says in the log where the run takes place. Collective.
Seats take_seats(const comm::Communicator& comm, const ExecutionConfig& config, base::Log& log);

/// Whether the values make sense. Not collective.
void check_execution(const ExecutionConfig& config, Problems& problems);

}  // namespace fleetsne::run
