#include "fleetsne/sweep/runner.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/wishes.hpp"
#include "fleetsne/sweep/child.hpp"
#include "fleetsne/sweep/make.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;

/// What a log calls one of a part.
const char* kind_of(Part part) {
  return part == Part::rows ? "row" : "shared";
}

std::string status_file(const Plan& plan, Part part, std::size_t index) {
  switch (part) {
    case Part::neighbors:
      return plan.status_file(plan.neighbors[index]);
    case Part::affinities:
      return plan.status_file(plan.affinities[index]);
    default:
      return plan.status_file(plan.rows[index].row);
  }
}

/// Whether a process has ended so because it was asked to.
bool is_stop(int exit_code) {
  return base::is_stop(base::ErrorKind{exit_code}) || exit_code == by_signal + SIGUSR2 ||
         exit_code == by_signal + SIGTERM;
}

/// How a sweep that was stopped goes on.
std::string same_command(const SweepConfig& config) {
  return config.force ? "the same command without --force goes on" : "the same command goes on";
}

}  // namespace

Task task_of(const Plan& plan, Part part, std::size_t index) {
  return {part, index, fs::path(status_file(plan, part, index)).stem().string()};
}

std::vector<Task> tasks_of(const Plan& plan, const Work& work) {
  std::vector<Task> tasks;
  for (const std::size_t n : work.neighbors) tasks.push_back(task_of(plan, Part::neighbors, n));
  for (const std::size_t a : work.affinities) tasks.push_back(task_of(plan, Part::affinities, a));
  for (const std::size_t r : work.rows) tasks.push_back(task_of(plan, Part::rows, r));
  return tasks;
}

Runner::Runner(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
               const std::vector<std::string>& arguments, const Describe& describe, base::Log& log)
    : comm_(comm), plan_(plan), config_(config), arguments_(arguments), describe_(describe), log_(log) {
  // A signal may come before a part looks for it.
  starts_processes() ? remember_stops() : run::Wishes::listen();
  if (!config.checkpoint.max_wall_time.empty()) limit_ = run::seconds_of(config.checkpoint.max_wall_time);
}

Status Runner::run(const Task& task) {
  stop_if_wished();
  log_.info(fmt::format("sweep: {} {}", kind_of(task.part), task.name));
  Status status = starts_processes() ? apart(task) : one_of_all(task);
  if (status.state != State::done)
    log_.warn(fmt::format("{} {}: {}", task.name, name_of(status.state), status.error));
  return status;
}

void Runner::throw_stopped(const std::string& reason) const {
  throw base::Error(base::ErrorKind::stopped,
                    fmt::format("{} ({}). Of the sweep: {}", reason, plan_.directory, same_command(config_)));
}

std::optional<double> Runner::time_left() const {
  if (!limit_) return std::nullopt;
  return *limit_ - watch_.seconds();
}

std::string Runner::stop_file() const {
  return config_.checkpoint.stop_file.empty() ? (fs::path(plan_.directory) / "stop").string()
                                              : config_.checkpoint.stop_file;
}

/// Between tasks; within one it looks for itself.
void Runner::stop_if_wished() const {
  comm::on_root(comm_, [&] {
    if (stop_signal() != 0) throw_stopped(stop_signal() == SIGTERM ? "SIGTERM came" : "SIGUSR2 came");
    if (limit_ && *time_left() <= 0) throw_stopped("the sweep's time is over");
    std::error_code ignored;
    if (fs::remove(stop_file(), ignored)) throw_stopped(stop_file() + " is there");
  });
}

/// What stops a part says how that part by itself goes on; a sweep goes on otherwise.
Status Runner::one_of_all(const Task& task) {
  try {
    return here(task);
  } catch (const comm::AgreedError& error) {
    if (!base::is_stop(error.kind()) || config_.part != Part::all) throw;
    throw comm::AgreedError(error.kind(), fmt::format("{}: {}. Of the sweep: {}", task.name, error.what(),
                                                      same_command(config_)));
  }
}

Status Runner::here(const Task& task) {
  std::optional<double> left;
  if (limit_) left = std::max(1.0, comm_.broadcast(*time_left(), 0));
  switch (task.part) {
    case Part::neighbors:
      return make_neighbors(comm_, plan_, task.index, left, describe_, log_);
    case Part::affinities:
      return make_affinities(comm_, plan_, task.index, left, describe_, log_);
    default:
      return make_row(comm_, plan_, task.index, left, describe_, log_);
  }
}

/// By one rank alone, which is the only one.
Status Runner::apart(const Task& task) {
  const std::string file = status_file(plan_, task.part, task.index);
  comm::on_root(comm_, [&] { apart_on_root(task, file); });
  return read_status(file);
}

std::vector<std::string> Runner::command_of(const Task& task) const {
  std::vector<std::string> words = words_of(config_.launch);
  words.insert(words.end(), {own_program(), "sweep"});
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  words.insert(words.end(), {"--part", name_of(task.part), "--index", std::to_string(task.index)});
  if (limit_)
    words.insert(words.end(), {"--max-wall-time", fmt::format("{:.0f}", std::max(1.0, *time_left()))});
  return words;
}

/// The processes tell by the status file how the task went; what they cannot tell any more is added to it.
void Runner::apart_on_root(const Task& task, const std::string& status_file) const {
  const int before = read_status(status_file).attempts;
  const std::vector<std::string> words = command_of(task);
  const Ended ended = run_command(words, Output::to_stderr);
  Status status = read_status(status_file);
  if (status.attempts == before) {
    if (ended.exit_code == 0) return;
    if (stop_signal() != 0 || is_stop(ended.exit_code))
      throw_stopped(task.name + " was stopped before it began");
    throw base::UsageError(
        fmt::format("--launch \"{}\" has started nothing ({} with exit code {}). Try it by hand: {} "
                    "fleetsne --version",
                    config_.launch, words.front(), ended.exit_code, config_.launch));
  }
  if (status.state == State::stopped) throw_stopped(task.name + " was stopped");
  if (status.state != State::begun) return;
  if (stop_signal() != 0) {  // so early that nobody could write it down
    status.state = State::stopped;
    write_status(status_file, status);
    throw_stopped(task.name + " was stopped");
  }
  status.state = State::killed;
  status.exit_code = ended.exit_code;
  status.error = fmt::format("its processes ended with exit code {} and no word", ended.exit_code);
  write_status(status_file, status);
}

}  // namespace fleetsne::sweep
