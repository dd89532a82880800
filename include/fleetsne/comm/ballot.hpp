#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <memory>
#include <optional>

namespace fleetsne::comm {

/// Agreement beside other work: every rank gives a vote, and some time later all learn of the largest in
/// either part, while each goes on with what it does. One at a time.
class Ballot {
 public:
  struct Vote {
    int wish = 0, unfinished = 0;
  };

  explicit Ballot(const Communicator& comm);
  ~Ballot();
  Ballot(const Ballot&) = delete;
  Ballot& operator=(const Ballot&) = delete;

  bool under_way() const;
  /// This rank's vote; another may be given once the result is known. All ranks must vote as often.
  void vote(const Vote& mine);
  /// The result, the same on all ranks, once every rank has voted. Returns at once; messages move on only
  /// while it is called now and then. By the first thread. Not counted as traffic: how often it is done
  /// depends on the clock.
  std::optional<Vote> result();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleetsne::comm
