#include "fleetsne/sweep/sweep.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/folder_lock.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/run/wishes.hpp"
#include "fleetsne/sweep/child.hpp"
#include "fleetsne/sweep/slurm.hpp"
#include "fleetsne/sweep/work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;

std::string plural(std::size_t count, const char* one, const char* more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

/// What a log calls one of a part.
const char* kind_of(Part part) {
  return part == Part::rows ? "row" : "shared";
}

/// One of a part's, and what it is called.
struct Task {
  Part part;
  std::size_t index;
  std::string name;
};

std::vector<Task> tasks_of(const Plan& plan, const Work& work) {
  std::vector<Task> tasks;
  for (const std::size_t n : work.neighbors) tasks.push_back({Part::neighbors, n, plan.neighbors[n].name});
  for (const std::size_t a : work.affinities) tasks.push_back({Part::affinities, a, plan.affinities[a].name});
  for (const std::size_t r : work.rows) tasks.push_back({Part::rows, r, plan.rows[r].row.name});
  return tasks;
}

std::string status_file(const Plan& plan, const Task& task) {
  switch (task.part) {
    case Part::neighbors:
      return plan.status_file(plan.neighbors[task.index]);
    case Part::affinities:
      return plan.status_file(plan.affinities[task.index]);
    default:
      return plan.status_file(plan.rows[task.index].row);
  }
}

/// Whether a process has ended so because it was asked to.
bool is_stop(int exit_code) {
  constexpr int signalled = 128;
  return base::is_stop(base::ErrorKind{exit_code}) || exit_code == signalled + SIGUSR2 ||
         exit_code == signalled + SIGTERM;
}

/// How a sweep that was stopped goes on.
std::string same_command(const SweepConfig& config) {
  return config.force ? "the same command without --force goes on" : "the same command goes on";
}

/// Runs parts, in this run's ranks or in processes of their own.
class Runner {
 public:
  Runner(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
         const std::vector<std::string>& arguments, const Describe& describe, base::Log& log)
      : comm_(comm), plan_(plan), config_(config), arguments_(arguments), describe_(describe), log_(log) {
    // A signal may come before a part looks for it.
    starts_processes() ? remember_stops() : run::Wishes::listen();
    if (!config.checkpoint.max_wall_time.empty()) limit_ = run::seconds_of(config.checkpoint.max_wall_time);
  }

  /// Collective; throws what stops the sweep.
  Status run(const Task& task) {
    stop_if_wished();
    log_.info(fmt::format("sweep: {} {}", kind_of(task.part), task.name));
    const Status status = starts_processes() ? apart(task) : one_of_all(task);
    if (status.state != State::done)
      log_.warn(fmt::format("{} {}: {}", task.name, name_of(status.state), status.error));
    return status;
  }

 private:
  [[noreturn]] void throw_stopped(const std::string& reason) const {
    throw base::Error(base::ErrorKind::stopped, fmt::format("{} ({}). Of the sweep: {}", reason,
                                                            plan_.directory, same_command(config_)));
  }

  bool starts_processes() const { return !config_.launch.empty() && config_.part == Part::all; }

  std::optional<double> time_left() const {
    if (!limit_) return std::nullopt;
    return *limit_ - watch_.seconds();
  }

  /// Between parts; within one it looks for itself.
  void stop_if_wished() {
    comm::on_root(comm_, [&] {
      if (stop_signal() != 0) throw_stopped(stop_signal() == SIGTERM ? "SIGTERM came" : "SIGUSR2 came");
      if (limit_ && *time_left() <= 0) throw_stopped("the sweep's time is over");
      std::error_code ignored;
      if (fs::remove(stop_file(), ignored)) throw_stopped(stop_file() + " is there");
    });
  }

  std::string stop_file() const {
    return config_.checkpoint.stop_file.empty() ? (fs::path(plan_.directory) / "stop").string()
                                                : config_.checkpoint.stop_file;
  }

  /// What stops a part says how that part by itself goes on; a sweep goes on otherwise.
  Status one_of_all(const Task& task) {
    try {
      return here(task);
    } catch (const comm::AgreedError& error) {
      if (!base::is_stop(error.kind()) || config_.part != Part::all) throw;
      throw comm::AgreedError(error.kind(), fmt::format("{}: {}. Of the sweep: {}", task.name, error.what(),
                                                        same_command(config_)));
    }
  }

  Status here(const Task& task) {
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
  Status apart(const Task& task) {
    const std::string file = status_file(plan_, task);
    comm::on_root(comm_, [&] {
      std::vector<std::string> words = words_of(config_.launch);
      words.insert(words.end(), {own_program(), "sweep"});
      words.insert(words.end(), arguments_.begin(), arguments_.end());
      words.insert(words.end(), {"--part", name_of(task.part), "--index", std::to_string(task.index)});
      if (limit_)
        words.insert(words.end(), {"--max-wall-time", fmt::format("{:.0f}", std::max(1.0, *time_left()))});
      const int before = read_status(file).attempts;
      const Ended ended = run_command(words, Output::to_stderr);
      Status status = read_status(file);
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
        write_status(file, status);
        throw_stopped(task.name + " was stopped");
      }
      status.state = State::killed;
      status.exit_code = ended.exit_code;
      status.error = fmt::format("its processes ended with exit code {} and no word", ended.exit_code);
      write_status(file, status);
    });
    return read_status(file);
  }

  const comm::Communicator& comm_;
  const Plan& plan_;
  const SweepConfig& config_;
  const std::vector<std::string>& arguments_;
  const Describe& describe_;
  base::Log& log_;
  base::Stopwatch watch_;
  std::optional<double> limit_;
};

/// When all jobs of a sweep have ended, rows that seem to be under way are not. By one rank alone.
void take_for_killed(const Plan& plan) {
  for (const PlannedRow& planned : plan.rows) {
    const std::string file = plan.status_file(planned.row);
    Status status = read_status(file);
    if (status.state != State::begun) continue;
    status.state = State::killed;
    status.exit_code = static_cast<int>(base::ErrorKind::internal);
    status.error = "its job ended without a word, on " + status.host;
    write_status(file, status);
  }
}

/// The table and the page of what is there; their text. Collective.
std::string write_tables(const comm::Communicator& comm, const Plan& plan) {
  std::string text;
  comm::on_root(comm, [&] {
    const std::vector<Outcome> rows = outcomes(plan);
    const fs::path folder = plan.directory;
    std::error_code ignored;  // writing will tell
    fs::create_directories(folder, ignored);
    const std::string table = (folder / "sweep.csv").string(), shown = (folder / "index.html").string();
    io::write_text_file(table, csv(rows));
    io::write_text_file(shown, page("Sweep " + folder.lexically_normal().string(), rows));
    text = fmt::format("{}\n{}\n{}", table, shown, to_text(rows));
  });
  return text;
}

std::string run_everything(const comm::Communicator& comm, const Plan& plan, const Work& work,
                           Runner& runner) {
  try {
    for (const Task& task : tasks_of(plan, work)) runner.run(task);
  } catch (const comm::AgreedError& error) {
    if (base::is_stop(error.kind())) write_tables(comm, plan);
    throw;
  }
  return write_tables(comm, plan);
}

std::string run_part(const Plan& plan, const SweepConfig& config, Runner& runner) {
  const auto index = static_cast<std::size_t>(config.index);
  const std::size_t count = config.part == Part::neighbors    ? plan.neighbors.size()
                            : config.part == Part::affinities ? plan.affinities.size()
                                                              : plan.rows.size();
  if (index >= count)
    throw comm::AgreedError(base::ErrorKind::usage,
                            fmt::format("--index is {} (there are {}, counted from 0). Has {} changed since "
                                        "the sweep was submitted?",
                                        index, plural(count, "such part", "such parts"), config.file));
  Task task{config.part, index, {}};
  task.name = fs::path(status_file(plan, task)).stem().string();
  const Status status = runner.run(task);
  if (status.state != State::done) {
    const base::Error error = error_of(status, fmt::format("{}: {}", task.name, status.error));
    throw comm::AgreedError(error.kind(), error.what());
  }
  return task.name + "\n";
}

}  // namespace

const char* name_of(Part part) {
  switch (part) {
    case Part::all:
      return "all";
    case Part::neighbors:
      return "neighbors";
    case Part::affinities:
      return "affinities";
    case Part::rows:
      return "rows";
    case Part::table:
      return "table";
  }
  return "?";
}

void check_config(const SweepConfig& config, int ranks) {
  run::Problems problems;
  problems.require(
      config.launch.empty() || config.submit.empty(),
      "--launch and --submit were both given (a row starts here, or in a Slurm job). Leave out one "
      "of them");
  problems.require(config.submit_options.empty() || !config.submit.empty(),
                   "--submit-options was given without --submit (they are sbatch's). Add --submit SCRIPT");
  problems.require(config.at_once >= 1,
                   fmt::format("--at-once is {} (at least one row runs at a time)", config.at_once));
  problems.require(config.index >= 0, fmt::format("--index is {} (it counts from 0)", config.index));
  const bool starts = config.part == Part::all && (!config.launch.empty() || !config.submit.empty());
  problems.require(
      !starts || (ranks == 1 && !started_by_launcher()),
      "--launch or --submit was given under mpirun (a launcher in a launcher; the rows get their "
      "ranks by it). Run fleetsne sweep by itself");
  problems.raise();
}

void check_rows(const comm::Communicator& comm, const Plan& plan) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;  // a problem and the rows that have it
  for (const PlannedRow& planned : plan.rows) {
    run::Config config = planned.row.config;
    // What is shared is not there yet; its row must fit the data as if it made it itself.
    if (planned.affinities) config.input.affinity.clear();
    if (planned.neighbors) config.neighbor_files = {};
    try {
      comm::agree(comm, [&] { run::check_config(config); });
      const run::DataShape shape = run::inspect_files(comm, config);
      comm::agree(comm, [&] { run::check_against_data(config, shape); });
    } catch (const comm::AgreedError& error) {
      if (error.kind() != base::ErrorKind::usage) throw;
      auto known =
          std::ranges::find(found, std::string(error.what()), [](const auto& one) { return one.first; });
      if (known == found.end()) known = found.insert(found.end(), {error.what(), {}});
      known->second.push_back(planned.row.name);
    }
  }
  run::Problems problems;
  for (const auto& [problem, rows] : found) {
    const bool all = rows.size() == plan.rows.size();
    const std::string others = rows.size() == 1 ? "" : fmt::format(" and {} more", rows.size() - 1);
    problems.add(all ? problem : fmt::format("row {}{}: {}", rows.front(), others, problem));
  }
  comm::agree(comm, [&] { problems.raise(); });
}

void expect_done(const Plan& plan) {
  std::size_t wrong = 0;
  Status first;
  std::string name;
  for (const PlannedRow& planned : plan.rows) {
    const Status status = read_status(plan.status_file(planned.row));
    if (status.state != State::failed && status.state != State::killed) continue;
    if (wrong++ > 0) continue;
    first = status;
    name = planned.row.name;
  }
  if (wrong == 0) return;
  throw error_of(first, fmt::format("{} of {} failed ({}: {}). The others are done; see {}, and run it again "
                                    "with --retry",
                                    wrong, plural(plan.rows.size(), "row", "rows"), name, first.error,
                                    (fs::path(plan.directory) / "sweep.csv").string()));
}

std::string preview(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
                    const Describe& describe) {
  const Work work = find_work(comm, plan, config.retry, config.force, describe);
  std::string text;
  for (const Task& task : tasks_of(plan, work)) text += fmt::format("{} {}\n", name_of(task.part), task.name);
  return text + fmt::format("RESULT rows={} to_do={} done={} left_alone={} affinities={} neighbors={}\n",
                            plan.rows.size(), work.rows.size(), work.done, work.left_alone,
                            work.affinities.size(), work.neighbors.size());
}

std::string run_sweep(const comm::Communicator& comm, const Plan& plan, const SweepConfig& config,
                      const std::vector<std::string>& arguments, const Describe& describe, base::Log& log) {
  Runner runner(comm, plan, config, arguments, describe, log);
  if (config.part == Part::table) {
    comm::on_root(comm, [&] { take_for_killed(plan); });
    return write_tables(comm, plan);
  }
  if (config.part != Part::all) return run_part(plan, config, runner);

  std::optional<run::FolderLock> lock;
  comm::on_root(comm, [&] {
    std::error_code ignored;  // writing will tell
    fs::create_directories(plan.directory, ignored);
    lock.emplace(plan.directory);
  });
  const Work work = find_work(comm, plan, config.retry, config.force, describe);
  log.info(fmt::format("{}: {} done, {} to do, {} left alone; {} and {} to make",
                       plural(plan.rows.size(), "row", "rows"), work.done, work.rows.size(), work.left_alone,
                       plural(work.affinities.size(), "affinity file", "affinity files"),
                       plural(work.neighbors.size(), "set of neighbours", "sets of neighbours")));
  if (work.left_alone > 0) log.warn("rows that failed before are left alone: --retry makes them again");
  if (work.rows.empty()) log.info("nothing is left to do");
  comm::on_root(comm, [&] {
    if (!config.submit.empty()) expect_submittable(plan, work);
    settle(plan, work);
    if (config.force) withdraw(plan, work);
  });
  if (!config.submit.empty()) {
    std::string text;
    comm::on_root(comm, [&] { text = submit(plan, work, config, arguments); });
    return text;
  }
  return run_everything(comm, plan, work, runner);
}

}  // namespace fleetsne::sweep
