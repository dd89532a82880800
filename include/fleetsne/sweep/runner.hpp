#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/sweep/config.hpp"
#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/status.hpp"
#include "fleetsne/sweep/work.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::sweep {

/// One of a part's, and what it is called.
struct Task {
  Part part;  ///< neighbors, affinities or rows
  std::size_t index;
  std::string name;
};

/// The tasks of what there is to do, each after those that it needs.
std::vector<Task> tasks_of(const Plan& plan, const Work& work);

/// The one of this part and position, named as its status file is.
Task task_of(const Plan& plan, Part part, std::size_t index);

/// Runs tasks, in this run's ranks or in processes of their own (SweepConfig::launch), and looks between them
/// whether the sweep is to stop.
class Runner {
 public:
  /// Keeps references. From now on, to the end of the process, signals that stop a sweep do not end it.
  Runner(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
         const std::vector<std::string>& arguments, const Describe& describe, base::Log& log);

  /// How the task ended, which is told to the log; the same on every rank. Collective; throws on all ranks
  /// what stops the sweep.
  Status run(const Task& task);

 private:
  [[noreturn]] void throw_stopped(const std::string& reason) const;
  bool starts_processes() const { return !config_.launch.empty() && config_.part == Part::all; }
  std::optional<double> time_left() const;
  void stop_if_wished() const;
  std::string stop_file() const;
  Status one_of_all(const Task& task);
  Status here(const Task& task);
  Status apart(const Task& task);
  void apart_on_root(const Task& task, const std::string& status_file) const;
  std::vector<std::string> command_of(const Task& task) const;

  const comm::Communicator& comm_;
  const Plan& plan_;
  const SweepConfig& config_;
  const std::vector<std::string>& arguments_;
  const Describe& describe_;
  base::Log& log_;
  base::Stopwatch watch_;
  std::optional<double> limit_;  // seconds of the whole sweep
};

}  // namespace fleetsne::sweep
