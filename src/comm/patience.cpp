#include "fleetsne/comm/patience.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

namespace fleetsne::comm {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double longest_tick = 1;      // seconds
constexpr double ticks_of_limit = 10;   // at least
constexpr double next_waits_on = 5;     // seconds after the rank before, so that one speaks for all
constexpr int last_in_turn = 6;         // ranks behind it speak when it does
constexpr unsigned seconds_to_end = 5;  // that ending all ranks may take

int depth = 0;                        // of Waitings; the first thread's
std::atomic<std::uint64_t> turns{0};  // odd while it waits

[[noreturn]] void give_up(double seconds, int rank) {
  // One write, so that lines of several processes do not mix; no allocation, wherever the first thread is.
  std::array<char, 512> line{};
  const int length = std::snprintf(
      line.data(), line.size(),
      "fleetsne: error: rank %d has waited %.3g minutes for another (which is lost, or the network to it). "
      "Start again, with --resume auto where a checkpoint may be; --patience says how long a rank waits\n",
      rank, seconds / 60);
  if (::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(std::max(length, 0))) < 0) {
    // Nobody listens.
  }
  // Should MPI wait here, too, as it does at times without the network: the launcher ends the others for this
  // one.
  ::signal(SIGALRM, [](int) { std::_Exit(static_cast<int>(base::ErrorKind::io)); });
  ::alarm(seconds_to_end);
  abort_all_ranks(static_cast<int>(base::ErrorKind::io));
}

class Watcher {
 public:
  ~Watcher() { stop(); }

  void start(double seconds, int rank) {
    stop();
    if (seconds <= 0) return;
    ended_ = false;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the first thread's
    thread_.emplace([this, seconds, rank] { watch(seconds, rank); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  void stop() {
    if (!thread_) return;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_->join();
    thread_.reset();
  }

  /// Ticks are counted and no clock is read: one that is late, as this process was stopped, counts as one.
  void watch(double seconds, int rank) {
    const double tick = std::min(longest_tick, seconds / ticks_of_limit);
    const double limit = seconds + next_waits_on * std::min(rank, last_in_turn);
    std::uint64_t seen = 0;
    double waited = 0;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, Seconds(tick), [this] { return ended_; })) {
      const std::uint64_t now = turns.load(std::memory_order_relaxed);
      waited = now == seen && now % 2 == 1 ? waited + tick : 0;
      seen = now;
      if (waited >= limit) give_up(seconds, rank);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::optional<std::thread> thread_;
};

}  // namespace

Waiting::Waiting() {
  if (depth++ == 0) turns.fetch_add(1, std::memory_order_relaxed);
}

Waiting::~Waiting() {
  if (--depth == 0) turns.fetch_add(1, std::memory_order_relaxed);
}

void set_patience(double seconds, int rank) {
  static Watcher watcher;
  watcher.start(seconds, rank);
}

}  // namespace fleetsne::comm
