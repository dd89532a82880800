#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/status.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::sweep {

/// What is to be done of a plan, by position in each list.
struct Work {
  std::vector<std::size_t> neighbors, affinities, rows;  ///< rows in the order in which they are made
  std::size_t done = 0;                                  ///< rows that are
  std::size_t left_alone = 0;                            ///< rows that failed or were killed
  std::vector<State> states;                             ///< of every row
};

/// Which rows are not done, and what of the shared files is not there that they need. A row is done if its
/// folder has the result of the very same options and input; the files that it was made from may be gone. The
/// same on every rank. Collective.
/// @param retry  also those that failed or were killed
/// @param force  all, again, and what they share
Work find_work(const comm::Communicator& comm, const Plan& plan, bool retry, bool force,
               const Describe& describe);

/// Rows that are done but of which no status tells so (it was lost) get one. By one rank alone; throws
/// IoError.
void settle(const Plan& plan, const Work& work);

/// What there is from before of rows and shared files that are to be made is of no more use: it is removed,
/// so that they begin anew, once, and are gone on with without force. By one rank alone; throws UsageError,
/// before anything is gone, if a row reads any of it.
void withdraw(const Plan& plan, const Work& work);

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
