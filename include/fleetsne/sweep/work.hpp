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

}  // namespace fleetsne::sweep
