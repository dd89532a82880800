#include "fleetsne/run/pipeline.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/continuation.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/invariance.hpp"
#include "fleetsne/run/judge_result.hpp"
#include "fleetsne/run/keeper.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/picture.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/reported_run.hpp"
#include "fleetsne/run/result.hpp"
#include "fleetsne/run/snapshots.hpp"
#include "fleetsne/run/stages.hpp"
#include "fleetsne/run/umap.hpp"

#include "own_embedding.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace fleetsne::run {
namespace {

using Rows = data::DistributedMatrix<float>;

/// What is asked for and what the files hold must fit; all ranks know both, so all find the same. Only
/// headers and names are looked at, so that a mistake is reported before the rows are read.
FileMatches check_files(const comm::Communicator& comm, const Config& config, Report& report,
                        base::Log& log) {
  FileMatches matches;
  const DataShape shape = inspect_files(comm, config, log, &matches);
  comm::agree(comm, [&] { check_against_data(config, shape); });
  warn_of_distance(config, shape, log);
  report.points = shape.rows;
  report.columns = shape.columns;
  report.neighbor_count = neighbor_count(config);
  if (config.method == Method::umap)
    log.info(fmt::format("{} rows of {} columns, UMAP, {} neighbours, itself counted", report.points,
                         report.columns, report.neighbor_count + 1));
  else if (config.input.affinity.empty())
    log.info(fmt::format("{} rows of {} columns, {}, {} neighbours", report.points, report.columns,
                         describe(config.affinity), report.neighbor_count));
  else
    log.info(fmt::format("{} rows, affinities of {}", report.points, config.input.affinity));
  return matches;
}

/// Writes what was made in working order, in the input's.
void write_embedding(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                     const data::Permutation& permutation, base::MatrixView<const float> working,
                     const ResultState& state, const std::optional<data::Labels>& labels, Report& report,
                     base::Log& log) {
  const auto embedding = permutation.to_input_order<float>(comm, working);
  write_result(comm, config, output, {permutation.input, embedding.view(), labels, state}, report,
               [&](const std::string& path) {
                 draw_embedding(comm, embedding.view(), permutation.input, labels, path, config.plot, log);
               });
}

/// The same of t-SNE, with the state that a run can go on from; this is let go when it is written.
void write_optimized(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                     const data::Permutation& permutation, optimize::Optimized& optimized,
                     const std::optional<data::Labels>& labels, Report& report, base::Log& log) {
  const int dimensions = config.optimize.dimensions;
  const StoredState stored(comm, permutation, optimized.state, dimensions);
  optimized.state = {};
  const base::Matrix<float> working = first_columns(optimized.embedding, dimensions);
  write_embedding(comm, config, output, permutation, working.view(), {stored.numbers(), stored.matrices()},
                  labels, report, log);
}

/// What the run is made from, in the input's order.
struct Inputs {
  std::optional<Rows> rows;  ///< none: affinities alone
  std::optional<data::Labels> labels;
  std::optional<base::Matrix<float>> given;  ///< the initial embedding, if it is a file
  std::optional<optimize::State> state;      ///< of the run to go on from
};

/// The checksum of the rows that the run is made from, whether they are read or only their affinities.
/// Collective.
std::uint64_t digest_of_input(const comm::Communicator& comm, const Config& config,
                              const std::optional<Rows>& rows, const Reached& reached) {
  if (rows) return data::digest(comm, *rows);
  if (reached.affinities) return reached.affinities->input_digest;
  return io::inspect_affinities(comm, config.input.affinity).input_digest;
}

/// With affinities from a file what they were made of is read as it was then: the metric, for instance, need
/// not be named again. Collective.
io::Invariance invariance_of_input(const comm::Communicator& comm, const Config& config) {
  if (config.input.affinity.empty()) return invariance_of(config);
  const io::AffinityHeader header = io::inspect_affinities(comm, config.input.affinity);
  return recorded_invariance(header.about).value_or(invariance_of(config));
}

/// Version 0.1 narrowed rows to float32 as they stand. What it has reached of rows that are centered or
/// scaled first today may be of rows that all became equal. Collective.
void expect_same_reading(const comm::Communicator& comm, const Config& config, const Reached& reached) {
  if (!reached.any() || reached.rows_rescaled || config.input.files.empty()) return;
  constexpr base::GlobalIndex looked_at = 1024;
  const io::Rescaling rescaling =
      io::read_sample(comm, config.input.files, std::max<base::GlobalIndex>(looked_at, comm.size()),
                      invariance_of_input(comm, config), {.orientation = config.input.orientation()})
          .rescaling;
  comm::agree(comm, [&] {
    if (rescaling.offsets.empty() && rescaling.exponent == 0) return;
    throw base::UsageError(fmt::format(
        "the checkpoint in {} is of version 0.1, and {} has values far from 0, or very large or small ones "
        "(0.1 rounded these to 7 digits, so that rows could become equal; they are centered or scaled before "
        "now). Start again with --resume never --force",
        config.output.directory, fmt::join(config.input.files, ", ")));
  });
}

/// @param reached  by an earlier run; with its affinities the rows are not read
Inputs read_inputs(const comm::Communicator& comm, const Config& config, const FileMatches& matches,
                   const Reached& reached, Stages& stages, Report& report, base::Log& log) {
  expect_same_reading(comm, config, reached);
  Inputs inputs;
  if (!config.input.files.empty() && !reached.affinities)
    inputs.rows = stages.run("read", [&] {
      return io::read_rescaled_rows(comm, config.input.files, invariance_of_input(comm, config),
                                    {.log = &log, .orientation = config.input.orientation()})
          .rows;
    });
  report.input_digest = digest_of_input(comm, config, inputs.rows, reached);
  if (!config.input.labels.empty())
    inputs.labels =
        stages.run("labels", [&] { return read_labels(comm, config.input.labels, matches.labels); });
  if (config.init.start == init::Start::file)
    inputs.given = stages.run("read_init", [&] {
      const auto rows = data::RowDistribution::balanced(report.points, comm.size());
      const auto file = io::embedding_inputs(comm, std::span(&config.init.file, 1));
      return two_columns(read_embedding(comm, file.front(), matches.start, rows, log).local.view());
    });
  if (!config.init.continued.empty())
    inputs.state = stages.run("read_state", [&] {
      expect_continued_input(comm, config, report.input_digest);
      const auto files = config.input.files.empty()
                             ? std::vector<io::RowInput>()
                             : io::inspect_all_rows(comm, config.input.files, config.input.orientation());
      RowMatcher matcher(comm, files, report.points, log);
      return read_state(comm, config.init.continued, config.optimize.dimensions, matcher);
    });
  return inputs;
}

/// What the rows are prepared by: the start of a run that goes on is not asked for, so the cheapest will do;
/// of affinities that an earlier run has kept nothing but these and their start is.
Config for_preparing(const Config& config, const Reached& reached) {
  Config result = config;
  if (!config.init.continued.empty() || reached.begun()) result.init.start = init::Start::random;
  if (reached.affinities) {
    result.input = {.files = {}, .labels = {}, .affinity = reached.affinities->path};
    result.neighbor_files = {};
    result.init = {};
  }
  return result;
}

/// Where the optimisation goes on or begins, in working order.
optimize::State starting_state(const comm::Communicator& comm, Prepared& prepared,
                               std::optional<optimize::State>& reached,
                               std::optional<optimize::State>& continued) {
  std::optional<optimize::State>& earlier = reached ? reached : continued;
  if (!earlier) return optimize::fresh_state(std::move(prepared.start));
  optimize::State state = in_working_order(comm, prepared.permutation, *earlier);
  reached.reset();
  continued.reset();
  prepared.start = {};
  return state;
}

using Judge = std::function<void(const data::Permutation&, base::MatrixView<const float>)>;

void run_umap(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
              Keeper& keeper, Inputs&& inputs, const Judge& judge, Stages& stages, Report& report,
              base::Log& log) {
  Neighborhoods found =
      prepare_neighbors(comm, for_preparing(config, keeper.reached()), std::move(*inputs.rows), inputs.given,
                        stages, report, log, &keeper);
  const UmapEmbedding made = embed_by_umap(comm, config, std::move(found), keeper, stages, report, log);
  stages.run("write", [&] {
    keeper.begin_results();
    write_embedding(comm, config, output, made.permutation, made.embedding.view(), {}, inputs.labels, report,
                    log);
  });
  judge(made.permutation, made.embedding.view());
}

void run_tsne(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
              Keeper& keeper, Inputs&& inputs, const Judge& judge, Stages& stages, Report& report,
              base::Log& log) {
  Reached& reached = keeper.reached();
  const Config preparing = for_preparing(config, reached);
  const base::Stopwatch watch;
  Prepared prepared =
      preparing.input.affinity.empty()
          ? prepare(comm, preparing, std::move(*inputs.rows), inputs.given, stages, report, log, &keeper)
          : prepare_from_affinities(comm, preparing, std::move(inputs.rows), inputs.given, stages, report,
                                    log, &keeper);
  inputs.given.reset();
  if (preparing.input.affinity.empty()) keeper.keep(prepared, watch.seconds());
  const bool goes_on = reached.state.has_value();
  optimize::State start = starting_state(comm, prepared, reached.state, inputs.state);
  Snapshots snapshots(comm, config, output, prepared.permutation, inputs.labels, report.files, goes_on, log);
  const optimize::Watch watches{.see =
                                    [&](const optimize::Moment& moment) {
                                      if (snapshots.wants(moment)) keeper.begin_results();
                                      snapshots.see(moment);
                                      keeper.see(moment, prepared.permutation);
                                    },
                                .wish = [&] { return keeper.wish(); }};
  auto optimized = stages.run("optimize", [&] {
    try {
      return optimize::optimize(comm, prepared.affinities, std::move(start), optimizer_config(config), log,
                                watches);
    } catch (const comm::AgreedError& error) {
      keeper.diverged(error, config.method);
      throw;
    }
  });
  report.optimize = std::move(optimized.stats);
  prepared.affinities = {};
  stages.run("write", [&] {
    keeper.begin_results();
    write_optimized(comm, config, output, prepared.permutation, optimized, inputs.labels, report, log);
  });
  judge(prepared.permutation, optimized.embedding.view());
}

/// The stages.
void run_stages(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                Report& report, base::Log& log) {
  Stages stages(comm, report.stages);
  const FileMatches matches = check_files(comm, config, report, log);
  Keeper keeper(comm, config.checkpoint, {output.checkpoint(), output.stop_file()}, report, log);
  Inputs inputs = read_inputs(comm, config, matches, keeper.reached(), stages, report, log);
  report.input_accepted = true;

  const Judge judge = [&](const data::Permutation& permutation, base::MatrixView<const float> embedding) {
    if (config.quality.sample == 0 || config.input.files.empty()) return;
    report.quality = stages.run(
        "judge", [&] { return judge_result(comm, config, permutation, embedding, inputs.labels); });
  };
  try {
    if (config.method == Method::tsne)
      run_tsne(comm, config, output, keeper, std::move(inputs), judge, stages, report, log);
    else
      run_umap(comm, config, output, keeper, std::move(inputs), judge, stages, report, log);
  } catch (const comm::AgreedError&) {
    if (report.files.empty() && config.neighbor_files.save.empty()) keeper.forget_results();
    throw;
  }
}

}  // namespace

std::optional<nlohmann::json> earlier_result(const comm::Communicator& comm, const Config& config,
                                             const About& about) {
  return ended_run(comm, config, about.config, run_key(comm, about.config, files_read(config)));
}

nlohmann::json embed(const comm::Communicator& comm, const Config& config, const About& about,
                     base::Log& log) {
  comm::agree(comm, [&] { check_config(config); });
  Wishes::listen();
  const std::string key = run_key(comm, about.config, files_read(config));
  if (resumes(config.checkpoint) && !config.output.force) {
    if (auto ended = ended_run(comm, config, about.config, key)) {
      log.info(fmt::format("{} holds the result of this run already: nothing is left to do",
                           config.output.directory));
      return *ended;
    }
  }
  const OutputDirectory output(comm, config);
  const auto neighbor_folders = prepare_neighbor_file(comm, config, config.output.force || output.goes_on());
  nlohmann::json report = reported_run(comm, config.run, about, output, log, [&](Report& filled) {
    filled.run_key = key;
    run_stages(comm, config, output, filled, log);
  });
  Checkpoint(output.checkpoint(), key).remove(comm);
  return report;
}

}  // namespace fleetsne::run
