#include "fleetsne/sweep/work.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/affinities.hpp"
#include "fleetsne/run/pipeline.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace fleetsne::sweep {
namespace {

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

/// Whether a shared file is there: it is whole or absent, and its name tells what it was made of.
bool there(const Shared& shared) {
  std::error_code ignored;
  return std::filesystem::exists(shared.file, ignored);
}

void limit(run::Config& config, std::optional<double> seconds) {
  if (seconds) config.checkpoint.max_wall_time = fmt::format("{:.0f}", *seconds);
}

/// A part cannot be made without another that failed.
void expect_there(const Plan& plan, const Shared& needed) {
  if (there(needed)) return;
  const Status status = read_status(plan.status_file(needed));
  const std::string why = status.error.empty()
                              ? needed.file + " is not there (nothing has made it)"
                              : fmt::format("{} could not be made: {}", needed.name, status.error);
  throw error_of(status.error.empty() ? Status{.exit_code = static_cast<int>(base::ErrorKind::io)} : status,
                 why + ". Run the sweep again with --retry");
}

}  // namespace

Work find_work(const comm::Communicator& comm, const Plan& plan, bool retry, bool force,
               const Describe& describe) {
  Work work;
  std::vector<int> states(plan.rows.size()), missing_neighbors(plan.neighbors.size()),
      missing_affinities(plan.affinities.size());
  for (std::size_t r = 0; r < plan.rows.size(); ++r) {
    run::Config config = plan.rows[r].row.config;
    const run::About about = describe(config);
    if (!force && run::earlier_result(comm, config, about)) {
      states[r] = static_cast<int>(State::done);
      continue;
    }
    comm::on_root(comm, [&] {
      const State state = read_status(plan.status_file(plan.rows[r].row)).state;
      states[r] = static_cast<int>(state == State::done ? State::absent : state);
    });
  }
  comm::on_root(comm, [&] {
    for (std::size_t n = 0; n < plan.neighbors.size(); ++n) missing_neighbors[n] = !there(plan.neighbors[n]);
    for (std::size_t a = 0; a < plan.affinities.size(); ++a)
      missing_affinities[a] = !there(plan.affinities[a]);
  });
  comm.broadcast(std::span(states), 0);
  comm.broadcast(std::span(missing_neighbors), 0);
  comm.broadcast(std::span(missing_affinities), 0);
  for (const int state : states) work.states.push_back(static_cast<State>(state));

  std::vector<bool> neighbors(plan.neighbors.size()), affinities(plan.affinities.size());
  for (std::size_t r = 0; r < plan.rows.size(); ++r) {
    const State state = work.states[r];
    if (state == State::done) {
      ++work.done;
      continue;
    }
    if ((state == State::failed || state == State::killed) && !retry && !force) {
      ++work.left_alone;
      continue;
    }
    work.rows.push_back(r);
    const PlannedRow& row = plan.rows[r];
    if (row.neighbors) neighbors[*row.neighbors] = true;
    if (row.affinities) affinities[*row.affinities] = true;
  }
  for (std::size_t a = 0; a < plan.affinities.size(); ++a) {
    if (!affinities[a] || missing_affinities[a] == 0) continue;
    work.affinities.push_back(a);
    if (plan.affinities[a].neighbors) neighbors[*plan.affinities[a].neighbors] = true;
  }
  for (std::size_t n = 0; n < plan.neighbors.size(); ++n)
    if (neighbors[n] && missing_neighbors[n] != 0) work.neighbors.push_back(n);
  // If one of these took the whole sweep with it, it shall not do so before the others are made.
  std::ranges::stable_partition(work.rows, [&](std::size_t r) { return work.states[r] != State::begun; });
  return work;
}

void settle(const Plan& plan, const Work& work) {
  for (std::size_t r = 0; r < plan.rows.size(); ++r) {
    const std::string file = plan.status_file(plan.rows[r].row);
    Status status = read_status(file);
    if (work.states[r] != State::done || status.state == State::done) continue;
    status.state = State::done;
    status.attempts = std::max(status.attempts, 1);
    status.exit_code = 0;
    status.error.clear();
    write_status(file, status);
  }
}

void withdraw(const Plan& plan, const Work& work) {
  std::error_code ignored;
  for (const std::size_t r : work.rows) {
    const std::filesystem::path folder = plan.row_folder(plan.rows[r].row);
    std::filesystem::remove(folder / "report.json", ignored);
    std::filesystem::remove_all(folder / "checkpoint", ignored);
  }
}

Status attempt(const comm::Communicator& comm, const std::string& status_file,
               const std::function<void()>& make) {
  Status status;
  comm::on_root(comm, [&] {
    status = read_status(status_file);
    status.state = State::begun;
    ++status.attempts;
    status.exit_code = 0;
    status.error.clear();
    status.started = run::utc_now();
    status.host = host_name();
    write_status(status_file, status);
  });
  const base::Stopwatch watch;
  std::optional<comm::AgreedError> stopped;
  try {
    make();
    status.state = State::done;
  } catch (const comm::AgreedError& error) {
    const bool stops = base::is_stop(error.kind());
    status.state = stops ? State::stopped : State::failed;
    status.exit_code = error.exit_code();
    status.error = error.what();
    if (stops) stopped = error;
  }
  comm::on_root(comm, [&] {
    status.seconds += watch.seconds();
    write_status(status_file, status);
  });
  if (stopped) throw comm::AgreedError(*stopped);
  return status;
}

Status make_neighbors(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                      std::optional<double> max_wall_time, const Describe& describe, base::Log& log) {
  const Shared& part = plan.neighbors[index];
  run::Config config = part.config;
  limit(config, max_wall_time);
  return attempt(comm, plan.status_file(part),
                 [&] { run::make_neighbors(comm, config, true, describe(config), log); });
}

Status make_affinities(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                       std::optional<double> max_wall_time, const Describe& describe, base::Log& log) {
  const Shared& part = plan.affinities[index];
  run::AffinitiesConfig config{.embed = part.config, .file = part.file, .force = true};
  limit(config.embed, max_wall_time);
  return attempt(comm, plan.status_file(part), [&] {
    comm::on_root(comm, [&] {
      if (part.neighbors) expect_there(plan, plan.neighbors[*part.neighbors]);
    });
    run::make_affinities(comm, config, describe(config.embed), log);
  });
}

Status make_row(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                std::optional<double> max_wall_time, const Describe& describe, base::Log& log) {
  const PlannedRow& planned = plan.rows[index];
  run::Config config = planned.row.config;
  limit(config, max_wall_time);
  return attempt(comm, plan.status_file(planned.row), [&] {
    comm::on_root(comm, [&] {
      if (planned.affinities) expect_there(plan, plan.affinities[*planned.affinities]);
      if (planned.neighbors) expect_there(plan, plan.neighbors[*planned.neighbors]);
    });
    run::embed(comm, config, describe(config), log);
  });
}

}  // namespace fleetsne::sweep
