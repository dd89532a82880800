#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/comm/ballot.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/neighbors/watch.hpp"

#include <functional>
#include <optional>

namespace fleetsne::neighbors {

/// Lets all ranks pause together when one of them has a wish, be it in the midst of work that each does for
/// itself, at its own speed.
class Pauses {
 public:
  /// Shows what has been found so far to the watch. Collective.
  using Show = std::function<void(int wish)>;

  /// Keeps references to both.
  Pauses(const comm::Communicator& comm, const Watch& watch, Show show);

  /// Does work that communicates with nobody. Collective; what the work throws on one rank is thrown on all.
  /// @param work  called until it has returned true on every rank: work(asked) returns whether it is
  ///              finished, and that it is not only after asked(), which its first thread calls often, has
  ///              returned true
  void run(const std::function<bool(const std::function<bool()>& asked)>& work);
  /// Between parts of work that all ranks do together, and after the last. Collective.
  void look() { look_for(watch_.wish); }
  void look_at_end() { look_for(watch_.last_wish ? watch_.last_wish : watch_.wish); }

 private:
  void look_for(const std::function<int()>& wish_of_this_rank);
  bool ask();
  int settle(bool finished, bool failed);

  const comm::Communicator& comm_;
  const Watch& watch_;
  Show show_;
  comm::Ballot ballot_;
  base::Stopwatch last_;     // since the last vote
  std::optional<int> wish_;  // that all have agreed on
};

}  // namespace fleetsne::neighbors
