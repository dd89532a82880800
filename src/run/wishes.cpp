#include "fleetsne/run/wishes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace fleetsne::run {
namespace {

/// Seconds that a checkpoint and the end of a run may take.
constexpr double least_reserve = 20, largest_reserve = 120, reserve_share = 0.05;
constexpr double look_every = 1;  // seconds between two looks for the stop file

volatile std::sig_atomic_t usr1_came = 0, stop_signal = 0;

void on_signal(int signal) {
  if (signal == SIGUSR1) usr1_came = 1;
  if (signal != SIGUSR1) stop_signal = signal;
}

/// Seconds until the Slurm job ends, if it is one and says so.
std::optional<double> seconds_of_job() {
  const char* end = std::getenv("SLURM_JOB_END_TIME");
  if (end == nullptr) return std::nullopt;
  const double at = std::strtod(end, nullptr);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return at > now ? std::optional(at - now) : std::nullopt;
}

}  // namespace

Wishes::Wishes(const comm::Communicator& comm, const CheckpointConfig& config, std::string stop_file)
    : root_(comm.rank() == 0), stop_file_(std::move(stop_file)) {
  if (config.minutes > 0) every_ = 60 * config.minutes;
  const auto limit = config.max_wall_time.empty() ? seconds_of_job() : seconds_of(config.max_wall_time);
  if (limit) {
    // A limit that was said is kept to the second; a job's end is death, so some time is left before it.
    const double reserve =
        config.max_wall_time.empty() ? std::clamp(reserve_share * *limit, least_reserve, largest_reserve) : 0;
    wall_end_ = std::max(0.0, *limit - reserve);
  }
  listen();
}

void Wishes::listen() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM}) sigaction(signal, &action, nullptr);
}

int Wishes::by_clock() {
  if (wall_end_ && run_.seconds() >= *wall_end_) {
    reason_ = "its time is over";
    return stop;
  }
  if (!stop_file_.empty() && (!looked_ || looked_->seconds() >= look_every)) {
    looked_.emplace();
    std::error_code ignored;
    if (std::filesystem::exists(stop_file_, ignored)) {
      reason_ = fmt::format("{} is there", stop_file_);
      return stop;
    }
  }
  return every_ && last_.seconds() >= *every_ ? checkpoint : none;
}

int Wishes::of_this_rank() {
  if (stop_signal != 0) {
    reason_ = stop_signal == SIGTERM ? "SIGTERM came" : "SIGUSR2 came";
    return stop;
  }
  const int clock = root_ ? by_clock() : none;
  return std::max<int>(clock, usr1_came != 0 ? checkpoint : none);
}

int Wishes::of_all_ranks(const comm::Communicator& comm) {
  return comm.all_reduce(of_this_rank(), comm::Reduction::max);
}

void Wishes::kept() {
  usr1_came = 0;
  last_.restart();
}

void Wishes::obeyed() const {
  std::error_code ignored;
  if (root_ && !stop_file_.empty()) std::filesystem::remove(stop_file_, ignored);
}

}  // namespace fleetsne::run
