#include "pauses.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/comm/patience.hpp"

#include <chrono>
#include <exception>
#include <limits>
#include <thread>
#include <utility>

namespace fleetsne::neighbors {
namespace {

constexpr int failure_wish = std::numeric_limits<int>::max();  // a rank has failed: all leave
constexpr std::chrono::microseconds between_looks{500};        // of a rank that waits for others

}  // namespace

Pauses::Pauses(const comm::Communicator& comm, const Watch& watch, Show show)
    : comm_(comm), watch_(watch), show_(std::move(show)), ballot_(comm) {}

bool Pauses::ask() {
  if (wish_) return true;
  if (!ballot_.under_way()) {
    if (last_.seconds() < watch_.pace) return false;
    ballot_.vote({watch_.wish(), 1});
  }
  if (const auto most = ballot_.result()) {
    last_.restart();
    if (most->wish > 0) wish_ = most->wish;
  }
  return wish_.has_value();
}

/// The wish that all have agreed on, or 0 once all have finished; the same on all ranks.
int Pauses::settle(bool finished, bool failed) {
  std::optional<comm::Waiting> waiting;  // for one result: each proves that the others are there
  while (!wish_) {
    if (!ballot_.under_way())
      ballot_.vote({failed ? failure_wish : watch_.wish(), finished || failed ? 0 : 1});
    if (!waiting) waiting.emplace();
    const auto most = ballot_.result();
    if (!most) {
      std::this_thread::sleep_for(between_looks);
      continue;
    }
    waiting.reset();
    if (most->wish > 0) {
      wish_ = most->wish;
    } else if (most->unfinished == 0) {
      return 0;
    }
  }
  return *std::exchange(wish_, std::nullopt);
}

void Pauses::run(const std::function<bool(const std::function<bool()>& asked)>& work) {
  if (!watch_.wish) {
    comm::agree(comm_, [&] { work([] { return false; }); });
    return;
  }
  for (;;) {
    std::exception_ptr failure;
    bool finished = false;
    last_.restart();
    try {
      finished = work([this] { return ask(); });
    } catch (...) {
      failure = std::current_exception();
    }
    const int wish = settle(finished, failure != nullptr);
    comm::agree_on_failure(comm_, failure);
    if (wish == 0) return;
    show_(wish);
  }
}

void Pauses::look_for(const std::function<int()>& wish_of_this_rank) {
  if (!wish_of_this_rank) return;
  const int wish = comm_.all_reduce(wish_of_this_rank(), comm::Reduction::max);
  if (wish > 0) show_(wish);
}

}  // namespace fleetsne::neighbors
