#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/status.hpp"

#include <functional>
#include <optional>
#include <string>

namespace fleetsne::sweep {

/// Runs what makes a part, and keeps in its status file its key and how that went. Only what stops a sweep is
/// thrown on: an error of kind `stopped`.
/// @return  how it ended; the same on every rank
/// Collective.
Status attempt(const comm::Communicator& comm, const std::string& status_file, const std::string& key,
               const std::function<void()>& make);

/// Make one part, in this run's ranks. Collective; return how it ended, the same on every rank.
/// @param max_wall_time  seconds that are left to the sweep; none: no limit
Status make_neighbors(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                      std::optional<double> max_wall_time, const Describe& describe, base::Log& log);
Status make_affinities(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                       std::optional<double> max_wall_time, const Describe& describe, base::Log& log);
Status make_row(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                std::optional<double> max_wall_time, const Describe& describe, base::Log& log);

}  // namespace fleetsne::sweep
