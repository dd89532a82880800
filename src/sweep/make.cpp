#include "fleetsne/sweep/make.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/affinities.hpp"
#include "fleetsne/run/checkpoint.hpp"
#include "fleetsne/run/pipeline.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

void limit(run::Config& config, std::optional<double> seconds) {
  if (seconds) config.checkpoint.max_wall_time = fmt::format("{:.0f}", *seconds);
}

/// A part cannot be made without another that failed.
void expect_there(const Plan& plan, const Shared& needed) {
  if (is_there(needed)) return;
  const Status status = read_status(plan.status_file(needed));
  const std::string why = status.error.empty()
                              ? needed.file + " is not there (nothing has made it)"
                              : fmt::format("{} could not be made: {}", needed.name, status.error);
  throw error_of(status.error.empty() ? Status{.exit_code = static_cast<int>(base::ErrorKind::io)} : status,
                 why + ". Run the sweep again with --retry");
}

/// A checkpoint of a part that was begun from other shared files than those that are there now is of no use:
/// it goes, and the part begins anew. By one rank alone.
void settle_sources(const std::string& status_file, const std::string& key,
                    const std::vector<const Shared*>& sources, const fs::path& checkpoint, base::Log& log) {
  std::vector<std::string> names, files;
  for (const Shared* source : sources) {
    if (!is_there(*source)) return;
    names.push_back(source->name);
    files.push_back(source->file);
  }
  const std::string now = files.empty() ? "" : run::run_key({{"sources", names}}, files);
  Status status = read_status(status_file);
  if (status.sources == now) return;
  std::error_code ignored;
  if (status.key == key && fs::remove_all(checkpoint, ignored) > 0)
    log.warn(fmt::format("{} is of a run from other shared files: it is removed, and this begins anew",
                         checkpoint.string()));
  status.sources = now;
  write_status(status_file, status);
}

}  // namespace

Status attempt(const comm::Communicator& comm, const std::string& status_file, const std::string& key,
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
    status.key = key;
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
  return attempt(comm, plan.status_file(part), part.name, [&] {
    run::make_neighbors(comm, config, true, describe_part(plan, config, describe), log);
  });
}

Status make_affinities(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                       std::optional<double> max_wall_time, const Describe& describe, base::Log& log) {
  const Shared& part = plan.affinities[index];
  run::AffinitiesConfig config{.embed = part.config, .file = part.file, .force = true};
  limit(config.embed, max_wall_time);
  comm::on_root(comm, [&] {
    std::vector<const Shared*> sources;
    if (part.neighbors) sources.push_back(&plan.neighbors[*part.neighbors]);
    settle_sources(plan.status_file(part), part.name, sources, part.file + ".checkpoint", log);
  });
  return attempt(comm, plan.status_file(part), part.name, [&] {
    comm::on_root(comm, [&] {
      if (part.neighbors) expect_there(plan, plan.neighbors[*part.neighbors]);
    });
    run::make_affinities(comm, config, describe_part(plan, config.embed, describe), log);
  });
}

Status make_row(const comm::Communicator& comm, const Plan& plan, std::size_t index,
                std::optional<double> max_wall_time, const Describe& describe, base::Log& log) {
  const PlannedRow& planned = plan.rows[index];
  run::Config config = planned.row.config;
  limit(config, max_wall_time);
  const std::string file = plan.status_file(planned.row);
  comm::on_root(comm, [&] {
    std::vector<const Shared*> sources;
    if (planned.affinities) sources.push_back(&plan.affinities[*planned.affinities]);
    if (planned.neighbors) sources.push_back(&plan.neighbors[*planned.neighbors]);
    settle_sources(file, planned.key, sources, fs::path(config.output.directory) / "checkpoint", log);
  });
  return attempt(comm, file, planned.key, [&] {
    comm::on_root(comm, [&] {
      if (planned.affinities) expect_there(plan, plan.affinities[*planned.affinities]);
      if (planned.neighbors) expect_there(plan, plan.neighbors[*planned.neighbors]);
    });
    run::embed(comm, config, describe_part(plan, config, describe), log);
  });
}

}  // namespace fleetsne::sweep
