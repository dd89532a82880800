#include "fleetsne/sweep/sweep.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/folder_lock.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/sweep/runner.hpp"
#include "fleetsne/sweep/slurm.hpp"
#include "fleetsne/sweep/table.hpp"
#include "fleetsne/sweep/work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;

std::string plural(std::size_t count, const char* one, const char* more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

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
  const Task task = task_of(plan, config.part, index);
  const Status status = runner.run(task);
  if (status.state != State::done) {
    const base::Error error = error_of(status, fmt::format("{}: {}", task.name, status.error));
    throw comm::AgreedError(error.kind(), error.what());
  }
  return task.name + "\n";
}

}  // namespace

void check_rows(const comm::Communicator& comm, const Plan& plan) {
  base::Log silent;  // each row's own run says what it found
  std::vector<std::pair<std::string, std::vector<std::string>>> found;  // a problem and the rows that have it
  for (const PlannedRow& planned : plan.rows) {
    run::Config config = planned.row.config;
    // What is shared is not there yet; its row must fit the data as if it made it itself.
    if (planned.affinities) config.input.affinity.clear();
    if (planned.neighbors) config.neighbor_files = {};
    try {
      comm::agree(comm, [&] { run::check_config(config); });
      const run::DataShape shape = run::inspect_files(comm, config, silent);
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
  std::vector<std::pair<std::string, Status>> failed, missing;
  for (const PlannedRow& planned : plan.rows) {
    const Status status = read_status(plan.status_file(planned.row));
    if (status.state == State::done) continue;
    const bool tried = status.state == State::failed || status.state == State::killed;
    (tried ? failed : missing).emplace_back(planned.row.name, status);
  }
  const std::string rows = plural(plan.rows.size(), "row", "rows");
  const std::string table = (fs::path(plan.directory) / "sweep.csv").string();
  if (!failed.empty()) {
    const auto& [name, status] = failed.front();
    const std::string others = missing.empty()
                                   ? "The others are done"
                                   : fmt::format("Of the others {} are not made yet", missing.size());
    throw error_of(status, fmt::format("{} of {} failed ({}: {}). {}; see {}, and run it again with --retry",
                                       failed.size(), rows, name, status.error, others, table));
  }
  if (!missing.empty()) {
    const auto& [name, status] = missing.front();
    const char* const why = status.state == State::absent ? "its job has not begun, or was cancelled before"
                                                          : "it was told to stop, and nobody went on";
    throw base::Error(
        base::ErrorKind::io,
        fmt::format("{} of {} not made (of {}: {}). See {}; the sweep submitted or run again makes "
                    "what is missing",
                    missing.size(), rows, name, why, table));
  }
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
