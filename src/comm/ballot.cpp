#include "fleetsne/comm/ballot.hpp"

#include <array>

namespace fleetsne::comm {

struct Ballot::State {
  MPI_Comm comm;
  MPI_Request request = MPI_REQUEST_NULL;
  std::array<int, 2> mine{}, most{};
};

Ballot::Ballot(const Communicator& comm) : state_(std::make_unique<State>()) {
  state_->comm = comm.handle();
}

Ballot::~Ballot() {
  // One under way can be neither taken back nor waited for where this rank alone has failed: it keeps its
  // memory until the ranks are aborted.
  if (under_way()) static_cast<void>(state_.release());
}

bool Ballot::under_way() const {
  return state_->request != MPI_REQUEST_NULL;
}

void Ballot::vote(const Vote& mine) {
  FLEETSNE_EXPECT(!under_way());
  state_->mine = {mine.wish, mine.unfinished};
  MPI_Iallreduce(state_->mine.data(), state_->most.data(), 2, MPI_INT, MPI_MAX, state_->comm,
                 &state_->request);
}

std::optional<Ballot::Vote> Ballot::result() {
  FLEETSNE_EXPECT(under_way());
  int done = 0;
  MPI_Test(&state_->request, &done, MPI_STATUS_IGNORE);
  if (done == 0) return std::nullopt;
  return Vote{state_->most[0], state_->most[1]};
}

}  // namespace fleetsne::comm
