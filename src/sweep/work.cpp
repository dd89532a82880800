#include "fleetsne/sweep/work.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/run/checkpoint.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;

/// Whether a row's folder has a report of success, and every file that this tells of.
bool has_result(const Plan& plan, const Row& row) {
  const fs::path folder = plan.row_folder(row);
  const nlohmann::json report = io::read_json((folder / "report.json").string());
  const nlohmann::json::json_pointer at("/config/output/directory");
  if (!report.is_object() || report.value("exit_code", nlohmann::json()) != 0 || !report.contains(at))
    return false;
  const fs::path written_to = report.at(at).get<std::string>();  // the folder as it was spelled then
  std::error_code ignored;
  for (const auto& file : report.value("files", nlohmann::json::array()))
    if (!fs::exists(folder / fs::path(file.get<std::string>()).lexically_relative(written_to), ignored))
      return false;
  return true;
}

/// The same, and of this very row.
bool is_done(const Plan& plan, const PlannedRow& planned) {
  const Status status = read_status(plan.status_file(planned.row));
  if (status.state != State::done || status.key != planned.key) return false;
  try {
    return has_result(plan, planned.row);
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

/// What there may be of a shared file.
void add_files(const Shared& shared, std::vector<fs::path>& files) {
  files.emplace_back(shared.file);
  files.emplace_back(shared.file + ".checkpoint");
}

/// Of files that are about to go none may be, or hold, what a row reads and no part of the sweep makes.
void expect_not_read(const Plan& plan, const std::vector<fs::path>& gone) {
  std::error_code ignored;
  std::set<fs::path> going;
  for (const fs::path& path : gone) going.insert(fs::weakly_canonical(path, ignored));
  std::set<std::string> made, read;
  for (const auto* parts : {&plan.neighbors, &plan.affinities})
    for (const Shared& shared : *parts) made.insert(shared.file);
  for (const PlannedRow& planned : plan.rows)
    for (const std::string& file : run::files_read(planned.row.config))
      if (!made.contains(file)) read.insert(io::split_input(file).path);
  for (const std::string& file : read) {
    const fs::path path = fs::weakly_canonical(file, ignored);
    if (going.contains(path) || going.contains(path.parent_path()))
      throw base::UsageError(
          fmt::format("{} is read and would be written over (FleetSNE never touches its input). Leave out "
                      "--force, or read a copy of it",
                      file));
  }
}

}  // namespace

Work find_work(const comm::Communicator& comm, const Plan& plan, bool retry, bool force,
               const Describe& describe) {
  Work work;
  std::vector<int> states(plan.rows.size()), missing_neighbors(plan.neighbors.size()),
      missing_affinities(plan.affinities.size());
  comm::on_root(comm, [&] {
    for (std::size_t r = 0; r < plan.rows.size(); ++r)
      if (!force && is_done(plan, plan.rows[r])) states[r] = static_cast<int>(State::done);
  });
  comm.broadcast(std::span(states), 0);
  for (std::size_t r = 0; r < plan.rows.size(); ++r) {
    if (states[r] == static_cast<int>(State::done)) continue;
    const run::Config& config = plan.rows[r].row.config;  // its status may be lost
    if (!force && run::earlier_result(comm, config, describe_part(plan, config, describe))) {
      states[r] = static_cast<int>(State::done);
      continue;
    }
    comm::on_root(comm, [&] {
      const State state = read_status(plan.status_file(plan.rows[r].row)).state;
      states[r] = static_cast<int>(state == State::done ? State::absent : state);
    });
  }
  comm::on_root(comm, [&] {
    for (std::size_t n = 0; n < plan.neighbors.size(); ++n)
      missing_neighbors[n] = force || !is_there(plan.neighbors[n]);
    for (std::size_t a = 0; a < plan.affinities.size(); ++a)
      missing_affinities[a] = force || !is_there(plan.affinities[a]);
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
  std::stable_partition(work.rows.begin(), work.rows.end(),
                        [&](std::size_t r) { return work.states[r] != State::begun; });
  return work;
}

void settle(const Plan& plan, const Work& work) {
  for (std::size_t r = 0; r < plan.rows.size(); ++r) {
    const std::string file = plan.status_file(plan.rows[r].row);
    Status status = read_status(file);
    const std::string& key = plan.rows[r].key;
    if (work.states[r] != State::done || (status.state == State::done && status.key == key)) continue;
    status.state = State::done;
    status.key = key;
    status.attempts = std::max(status.attempts, 1);
    status.exit_code = 0;
    status.error.clear();
    write_status(file, status);
  }
}

void withdraw(const Plan& plan, const Work& work) {
  std::vector<fs::path> gone;
  for (const std::size_t n : work.neighbors) add_files(plan.neighbors[n], gone);
  for (const std::size_t a : work.affinities) add_files(plan.affinities[a], gone);
  std::vector<const char*> written{"snapshots", "checkpoint"};
  written.insert(written.end(), run::report_files.begin(), run::report_files.end());
  written.insert(written.end(), run::result_files.begin(), run::result_files.end());
  for (const std::size_t r : work.rows)
    for (const char* name : written) gone.push_back(fs::path(plan.row_folder(plan.rows[r].row)) / name);
  expect_not_read(plan, gone);
  std::error_code ignored;
  for (const fs::path& path : gone) fs::remove_all(path, ignored);
}

}  // namespace fleetsne::sweep
