#include "fleetsne/run/prepare.hpp"

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/init/spectral.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/partition/partition.hpp"
#include "fleetsne/reduce/principal_components.hpp"
#include "fleetsne/run/keeper.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/row_checks.hpp"
#include "fleetsne/run/sample_start.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace fleetsne::run {

namespace {

using Rows = data::DistributedMatrix<float>;

Rows reduce_rows(const comm::Communicator& comm, const Config& config, Rows&& rows, Stages& stages) {
  if (config.input.pca == 0) return std::move(rows);
  return stages.run("reduce", [&] {
    return reduce::project(rows, reduce::principal_components(comm, rows, config.input.pca));
  });
}

/// For messages.
std::string name_of_rows(const Config& config) {
  return config.input.files.empty() ? "the sample" : config.input.files.front();
}

SampleStart embed_sample(const comm::Communicator& comm, const Config& config, const Rows& rows,
                         Stages& stages, base::Log& log, Keeper* keeper) {
  return stages.run("sample", [&] { return SampleStart(comm, config, rows, log, keeper); });
}

/// The start of rows in working order, adapted to the metric.
base::Matrix<float> place_by_sample(const comm::Communicator& comm, const Config& config,
                                    const SampleStart& sample, const Rows& rows,
                                    const data::Permutation& permutation, Stages& stages) {
  return stages.run("init", [&] {
    const std::optional<base::Matrix<float>> placed =
        permutation.to_input_order<float>(comm, sample.place(comm, rows.local.view()).view());
    const Rows blocks{permutation.input, {}};
    const auto start = init::initial_embedding(comm, blocks, placed, start_config(config));
    return permutation.to_working_order<float>(comm, start.view());
  });
}

/// The start that an earlier run has found, if there is one: to be had once.
std::optional<base::Matrix<float>> kept_start(Keeper* keeper) {
  if (keeper == nullptr) return std::nullopt;
  return std::exchange(keeper->reached().start, std::nullopt);
}

/// What the run that made the affinities said of its neighbours is said again.
void take_over(Report& report, const io::AffinityHeader& header) {
  try {
    const nlohmann::json& neighbors = header.about.at("neighbors");
    report.neighbors = neighbors_stats(neighbors);
    report.neighbor_count = neighbors.at("count").get<std::size_t>();
  } catch (const nlohmann::json::exception&) {
    throw base::InputError(header.path +
                           " does not say what its affinities are made of (it was not written by fleetsne "
                           "affinity). Make it anew");
  }
}

void expect_same_input(const Config& config, std::uint64_t of_rows, std::uint64_t of_file) {
  if (of_rows == of_file) return;
  throw base::InputError(
      fmt::format("{} was made of other rows than {} (their checksums differ). Name the input that it was "
                  "made of, or make it "
                  "anew with fleetsne affinity",
                  config.input.affinity, fmt::join(config.input.files, ", ")));
}

/// The start by the affinities' eigenvectors, if it is to be so. Collective.
void start_by_eigenvectors(const comm::Communicator& comm, const Config& config, Prepared& prepared,
                           Stages& stages, Report& report, base::Log& log, Keeper* keeper) {
  if (config.init.start != init::Start::spectral) return;
  if (keeper != nullptr) keeper->look("before the spectral start");
  stages.run("spectral", [&] {
    auto spectral = init::spectral_start(comm, prepared.affinities, prepared.start.view(),
                                         {.seed = config.run.seed}, log);
    report.spectral = spectral.stats;
    prepared.start = std::move(spectral.positions);
    init::standardise(comm, prepared.start, prepared.affinities.rows, start_config(config));
  });
}

}  // namespace

Neighborhoods prepare_neighbors(const comm::Communicator& comm, const Config& config,
                                data::DistributedMatrix<float>&& consumed,
                                const std::optional<base::Matrix<float>>& given, Stages& stages,
                                Report& report, base::Log& log, Keeper* keeper) {
  const NeighborFilesConfig& files = config.neighbor_files;
  Rows rows = reduce_rows(comm, config, std::move(consumed), stages);
  const std::string name = name_of_rows(config);
  expect_directions(comm, config.input.files, config.input.orientation(), rows, config.neighbors.metric);
  const bool all_equal = warn_if_all_equal(comm, name, rows, log);
  Neighborhoods result;
  const base::Stopwatch watch;
  std::optional<SampleStart> sample;
  // Before the metric changes the rows: the start is made of what the user gave.
  if (auto kept = kept_start(keeper))
    result.start = std::move(*kept);
  else if (config.init.start == init::Start::sample)
    sample.emplace(embed_sample(comm, config, rows, stages, log, keeper));
  else
    result.start =
        stages.run("init", [&] { return init::initial_embedding(comm, rows, given, start_config(config)); });
  if (config.neighbors.metric != neighbors::Metric::euclidean)
    rows = stages.run("normalize",
                      [&] { return neighbors::adapt_rows(comm, std::move(rows), config.neighbors.metric); });

  rows = stages.run("partition", [&] {
    auto placed = partition::partition_rows(comm, std::move(rows), {.seed = config.run.seed}, log);
    result.permutation = std::move(placed.permutation);
    if (!sample) result.start = result.permutation.to_working_order<float>(comm, result.start.view());
    return std::move(placed.rows);
  });
  if (sample) {
    result.start = place_by_sample(comm, config, *sample, rows, result.permutation, stages);
    sample.reset();
    if (keeper != nullptr) keeper->keep_start(result.permutation, result.start, watch.seconds());
  }
  neighbors::Neighbors found = stages.run("neighbors", [&] {
    return files.load.empty()
               ? neighbors::find_neighbors(comm, rows, result.permutation, search_config(config), log,
                                           keeper != nullptr ? keeper->watch_search() : neighbors::Watch())
               : load_neighbors(comm, config, rows, result.permutation, report.input_digest, log);
  });
  if (!all_equal) warn_of_copies(comm, name, found.graph, log);
  if (!files.save.empty())
    stages.run("write_neighbors", [&] {
      if (keeper != nullptr) keeper->begin_results();
      nlohmann::json about = made_of(report);
      about["neighbors"] = neighbors_json(found.stats, found.graph.count());
      io::write_neighbors(comm, files.save, result.permutation, found.graph, report.input_digest, about);
    });
  report.neighbor_count = found.graph.count();
  report.neighbors = found.stats;
  result.graph = std::move(found.graph);
  return result;  // without the rows: nothing below needs them, and what follows needs the room
}

Prepared prepare(const comm::Communicator& comm, const Config& config, Rows&& rows,
                 const std::optional<base::Matrix<float>>& given, Stages& stages, Report& report,
                 base::Log& log, Keeper* keeper) {
  Neighborhoods found = prepare_neighbors(comm, config, std::move(rows), given, stages, report, log, keeper);
  Prepared result{std::move(found.permutation), {}, std::move(found.start)};
  result.affinities = stages.run("affinity", [&] {
    return affinity::joint_affinities(comm, std::move(found.graph), config.affinity, log);
  });
  report.affinity = measure(comm, result.affinities);
  start_by_eigenvectors(comm, config, result, stages, report, log, keeper);
  return result;
}

Prepared prepare_from_affinities(const comm::Communicator& comm, const Config& config,
                                 std::optional<data::DistributedMatrix<float>>&& consumed,
                                 const std::optional<base::Matrix<float>>& given, Stages& stages,
                                 Report& report, base::Log& log, Keeper* keeper) {
  const io::AffinityHeader header = io::inspect_affinities(comm, config.input.affinity);
  const base::Stopwatch watch;
  base::Matrix<float> start;
  std::optional<Rows> rows = std::move(consumed);
  const bool with_rows = rows.has_value();
  std::optional<SampleStart> sample;
  if (rows) {
    comm::agree(comm, [&] { expect_same_input(config, report.input_digest, header.input_digest); });
    rows = reduce_rows(comm, config, std::move(*rows), stages);
    expect_directions(comm, config.input.files, config.input.orientation(), *rows, config.neighbors.metric);
    if (auto kept = kept_start(keeper))
      start = std::move(*kept);
    else if (config.init.start == init::Start::sample)
      sample.emplace(embed_sample(comm, config, *rows, stages, log, keeper));
    else
      start = stages.run("init",
                         [&] { return init::initial_embedding(comm, *rows, given, start_config(config)); });
    if (!sample) rows.reset();
  }
  auto read = stages.run("read_affinities", [&] { return io::read_affinities(comm, header, log); });
  Prepared result{std::move(read.permutation), std::move(read.affinities), {}};
  if (!with_rows && (config.init.start == init::Start::pca || config.init.start == init::Start::spectral)) {
    result.start = std::move(read.start);
    const auto scale =
        static_cast<float>(config.init.standard_deviation / init::InitConfig{}.standard_deviation);
    for (float& x : result.start.elements()) x *= scale;
  } else if (sample) {
    Rows working = neighbors::adapt_rows(comm, std::move(*rows), config.neighbors.metric);
    working = {result.permutation.working,
               result.permutation.to_working_order<float>(comm, working.local.view())};
    rows.reset();
    result.start = place_by_sample(comm, config, *sample, working, result.permutation, stages);
    if (keeper != nullptr) keeper->keep_start(result.permutation, result.start, watch.seconds());
  } else {
    if (!with_rows) {  // of the rows no more is asked than how many there are
      const Rows blocks{result.permutation.input,
                        result.permutation.to_input_order<float>(comm, read.start.view())};
      start = stages.run("init",
                         [&] { return init::initial_embedding(comm, blocks, given, start_config(config)); });
    }
    result.start = result.permutation.to_working_order<float>(comm, start.view());
  }
  comm::agree(comm, [&] { take_over(report, header); });
  report.affinity = measure(comm, result.affinities);
  start_by_eigenvectors(comm, config, result, stages, report, log, keeper);
  return result;
}

}  // namespace fleetsne::run
