#include "fleetsne/run/affinities.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/output_file.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/seats.hpp"
#include "fleetsne/run/stages.hpp"

#include <fmt/format.h>

#include <utility>

namespace fleetsne::run {
namespace {

nlohmann::json about_file(const Report& report, const Config& config) {
  return {{"version", report.about.version},
          {"config", report.about.config},
          {"input", config.input.files},
          {"started", report.started},
          {"affinity", describe(config.affinity)},
          {"neighbors", neighbors_json(*report.neighbors, report.neighbor_count)},
          {"libraries", library_versions()}};
}

/// Takes the seats and looks at the files, whose shape goes to the report. Collective.
Report begin(const comm::Communicator& comm, const Config& config, const About& about, base::Log& log) {
  Report report{.about = about, .ranks = comm.size(), .started = utc_now()};
  report.threads = take_seats(comm, config.run, log).threads;
  const DataShape shape = inspect_files(comm, config);
  comm::agree(comm, [&] { check_against_data(config, shape); });
  report.points = shape.rows;
  report.columns = shape.columns;
  report.neighbor_count = neighbor_count(config);
  return report;
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
  check_execution(config.embed.run, problems);
  problems.raise();
}

MadeAffinities make_affinities(const comm::Communicator& comm, const AffinitiesConfig& config,
                               const About& about, base::Log& log) {
  comm::agree(comm, [&] { check_config(config); });
  const Config& embed = config.embed;
  const MadeFolders folders = prepare_output_file(comm, config.file, config.force, embed.input.files);
  const auto neighbor_folders = prepare_neighbor_file(comm, embed, config.force);
  Report report = begin(comm, embed, about, log);
  log.info(fmt::format("{} rows of {} columns, {}, {} neighbours", report.points, report.columns,
                       describe(embed.affinity), report.neighbor_count));
  Stages stages(comm, report.stages);
  auto rows = stages.run("read", [&] { return io::read_rows(comm, embed.input.files); });
  report.input_digest = data::digest(comm, rows);
  Prepared made = prepare(comm, embed, std::move(rows), {}, stages, report, log);
  MadeAffinities result{.points = report.points,
                        .threads = report.threads,
                        .affinity = *report.affinity,
                        .recall = report.neighbors->recall};
  const io::AffinityContents contents{std::move(made.permutation), std::move(made.affinities),
                                      std::move(made.start)};
  result.bytes = stages.run("write", [&] {
    return io::write_affinities(comm, config.file, contents, report.input_digest, about_file(report, embed));
  });
  result.seconds = comm.all_reduce(report.watch.seconds(), comm::Reduction::max);
  return result;
}

MadeAffinities make_neighbors(const comm::Communicator& comm, const Config& config, bool force,
                              const About& about, base::Log& log) {
  const auto folders = prepare_neighbor_file(comm, config, force);
  Report report = begin(comm, config, about, log);
  log.info(fmt::format("{} rows of {} columns, {} neighbours", report.points, report.columns,
                       report.neighbor_count));
  Stages stages(comm, report.stages);
  auto rows = stages.run("read", [&] { return io::read_rows(comm, config.input.files); });
  report.input_digest = data::digest(comm, rows);
  prepare_neighbors(comm, config, std::move(rows), {}, stages, report, log);
  return {.points = report.points,
          .threads = report.threads,
          .affinity = {},
          .recall = report.neighbors->recall,
          .seconds = comm.all_reduce(report.watch.seconds(), comm::Reduction::max)};
}

}  // namespace fleetsne::run
