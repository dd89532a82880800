#include "fleetsne/run/affinities.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/invariance.hpp"
#include "fleetsne/run/keeper.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/output_file.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/seats.hpp"
#include "fleetsne/run/stages.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace fleetsne::run {
namespace {

nlohmann::json about_file(const Report& report, const Config& config) {
  return {{"version", report.about.version},
          {"run", report.run_key},
          {"config", report.about.config},
          {"input", config.input.files},
          {"may_change", to_json(invariance_of(config))},
          {"started", report.started},
          {"affinity", describe(config.affinity)},
          {"neighbors", neighbors_json(*report.neighbors, report.neighbor_count)},
          {"libraries", library_versions()}};
}

/// Takes the seats and looks at the files, whose shape goes to the report. Collective.
Report begin(const comm::Communicator& comm, const Config& config, const About& about, const std::string& key,
             base::Log& log) {
  Report report{.about = about, .ranks = comm.size(), .started = utc_now(), .run_key = key};
  report.threads = take_seats(comm, config.run, log).threads;
  const DataShape shape = inspect_files(comm, config, log);
  comm::agree(comm, [&] { check_against_data(config, shape); });
  warn_of_distance(config, shape, log);
  report.points = shape.rows;
  report.columns = shape.columns;
  report.neighbor_count = neighbor_count(config);
  return report;
}

/// Where a search is kept that has not ended.
KeptPlaces places_of(const std::string& file) {
  return {file + ".checkpoint", file + ".stop"};
}

/// The affinities in the file, if a run that goes on finds that they are the very ones. Collective.
std::optional<MadeAffinities> made_before(const comm::Communicator& comm, const AffinitiesConfig& config,
                                          const std::string& key, base::Log& log) {
  int there = 0;
  comm::on_root(comm, [&] {
    std::error_code ignored;
    there = resumes(config.embed.checkpoint) && std::filesystem::exists(config.file, ignored) ? 1 : 0;
  });
  if (comm.broadcast(there, 0) == 0) return std::nullopt;
  const io::AffinityHeader header = io::inspect_affinities(comm, config.file);
  if (header.about.value("run", "") != key || !header.about.contains("neighbors")) return std::nullopt;
  log.info(fmt::format("{} holds the affinities of this run already: nothing is left to do", config.file));
  std::int64_t bytes = 0;
  comm::on_root(comm, [&] { bytes = static_cast<std::int64_t>(std::filesystem::file_size(config.file)); });
  return MadeAffinities{.points = header.rows(),
                        .bytes = comm.broadcast(bytes, 0),
                        .affinity = {.edges = header.entries},
                        .recall = header.about["neighbors"].value("recall", 0.0)};
}

}  // namespace

void check_config(const AffinitiesConfig& config) {
  Problems problems;
  problems.require(
      !config.embed.input.files.empty(),
      "no input was given (there is nothing to find neighbours in). Name one or more files: fleetsne "
      "affinity INPUT... --output FILE.h5");
  problems.require(!config.file.empty(),
                   "no output file was given (the affinities need a place). Add --output FILE.h5");
  check_neighbors(config.embed, problems);
  check_checkpoint(config.embed.checkpoint, problems);
  check_execution(config.embed.run, problems);
  problems.raise();
}

MadeAffinities make_affinities(const comm::Communicator& comm, const AffinitiesConfig& config,
                               const About& about, base::Log& log) {
  comm::agree(comm, [&] { check_config(config); });
  const Config& embed = config.embed;
  const std::string key = run_key(comm, about.config, files_read(embed));
  if (const auto made = made_before(comm, config, key, log)) return *made;
  int goes_on = 0;
  comm::on_root(comm, [&] {
    goes_on = takes_up(embed.checkpoint, places_of(config.file).checkpoint, config.force) ? 1 : 0;
  });
  goes_on = comm.broadcast(goes_on, 0);
  const MadeFolders folders = prepare_output_file(comm, config.file, config.force, embed.input.files);
  const auto neighbor_folders = prepare_neighbor_file(comm, embed, config.force || goes_on != 0);
  Report report = begin(comm, embed, about, key, log);
  log.info(fmt::format("{} rows of {} columns, {}, {} neighbours", report.points, report.columns,
                       describe(embed.affinity), report.neighbor_count));
  Keeper keeper(comm, embed.checkpoint, places_of(config.file), report, log);
  Stages stages(comm, report.stages);
  auto rows = stages.run("read", [&] {
    return io::read_rescaled_rows(comm, embed.input.files, invariance_of(embed),
                                  {.log = &log, .orientation = embed.input.orientation()})
        .rows;
  });
  report.input_digest = data::digest(comm, rows);
  Prepared made = prepare(comm, embed, std::move(rows), {}, stages, report, log, &keeper);
  MadeAffinities result{.points = report.points,
                        .threads = report.threads,
                        .affinity = *report.affinity,
                        .recall = report.neighbors->recall};
  const io::AffinityContents contents{std::move(made.permutation), std::move(made.affinities),
                                      std::move(made.start)};
  result.bytes = stages.run("write", [&] {
    return io::write_affinities(comm, config.file, contents, report.input_digest, about_file(report, embed));
  });
  Checkpoint(places_of(config.file).checkpoint, key).remove(comm);
  result.seconds = comm.all_reduce(report.watch.seconds(), comm::Reduction::max);
  return result;
}

MadeAffinities make_neighbors(const comm::Communicator& comm, const Config& config, bool force,
                              const About& about, base::Log& log) {
  const auto folders = prepare_neighbor_file(comm, config, force);
  const std::string key = run_key(comm, about.config, files_read(config));
  Report report = begin(comm, config, about, key, log);
  log.info(fmt::format("{} rows of {} columns, {} neighbours", report.points, report.columns,
                       report.neighbor_count));
  const KeptPlaces places = places_of(config.neighbor_files.save);
  Keeper keeper(comm, config.checkpoint, places, report, log);
  Stages stages(comm, report.stages);
  auto rows = stages.run("read", [&] {
    return io::read_rescaled_rows(comm, config.input.files, invariance_of(config),
                                  {.log = &log, .orientation = config.input.orientation()})
        .rows;
  });
  report.input_digest = data::digest(comm, rows);
  prepare_neighbors(comm, config, std::move(rows), {}, stages, report, log, &keeper);
  Checkpoint(places.checkpoint, key).remove(comm);
  return {.points = report.points,
          .threads = report.threads,
          .affinity = {},
          .recall = report.neighbors->recall,
          .seconds = comm.all_reduce(report.watch.seconds(), comm::Reduction::max)};
}

}  // namespace fleetsne::run
