#include "fleetsne/run/pipeline.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/continuation.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/judge_result.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/picture.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/seats.hpp"
#include "fleetsne/run/snapshots.hpp"
#include "fleetsne/run/stages.hpp"
#include "fleetsne/run/umap.hpp"

#include <fmt/format.h>

namespace fleetsne::run {
namespace {

using Rows = data::DistributedMatrix<float>;

/// What is asked for and what the files hold must fit; all ranks know both, so all find the same. Only
/// headers are looked at, so that a slip is told of before the rows are read.
void check_files(const comm::Communicator& comm, const Config& config, Report& report, base::Log& log) {
  const DataShape shape = inspect_files(comm, config);
  comm::agree(comm, [&] { check_against_data(config, shape); });
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
}

/// What uns/tsne or uns/umap of the AnnData file says of the embedding. Its strings are UTF-8, so it goes
/// through text.
nlohmann::json provenance(const Report& report, const nlohmann::json& state) {
  nlohmann::json result{{"version", report.about.version}, {"config", report.about.config},
                        {"ranks", report.ranks},           {"threads", report.threads},
                        {"started", report.started},       {"recall", report.neighbors->recall},
                        {"libraries", library_versions()}};
  if (report.optimize) result["kl"] = report.optimize->kl;
  if (!state.is_null()) result["state"] = state;
  if (report.umap) result["layout"] = umap_json(*report.umap);
  return nlohmann::json::parse(to_text(result));
}

/// The state that a run of t-SNE can go on from: numbers for uns, matrices for obsm; none of UMAP.
struct State {
  nlohmann::json numbers;
  std::vector<io::NamedMatrix> matrices;
};

/// Writes the three files that hold the result, in input order.
void write_result(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                  const data::Permutation& permutation, base::MatrixView<const float> working,
                  const State& state, const std::optional<data::Labels>& labels, Report& report) {
  const auto embedding = permutation.to_input_order<float>(comm, working);
  output.withdraw_report(comm);
  io::write_anndata(comm, output.anndata(),
                    {.rows = permutation.input,
                     .embedding = embedding.view(),
                     .labels = labels,
                     .inputs = config.input.files,
                     .parameters = provenance(report, state.numbers),
                     .more = state.matrices,
                     .method = config.method == Method::umap ? "umap" : "tsne"});
  report.files.push_back(output.anndata());
  io::write_npy(comm, output.npy(), permutation.input, embedding.view());
  report.files.push_back(output.npy());
  draw_embedding(comm, embedding.view(), permutation.input, labels, output.picture(), config.plot);
  report.files.push_back(output.picture());
}

/// The same of t-SNE, with the state that a run can go on from; this is let go when it is written.
void write_optimized(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                     const data::Permutation& permutation, optimize::Optimized& optimized,
                     const std::optional<data::Labels>& labels, Report& report) {
  const int dimensions = config.optimize.dimensions;
  const StoredState stored(comm, permutation, optimized.state, dimensions);
  optimized.state = {};
  const base::Matrix<float> working = first_columns(optimized.embedding, dimensions);
  write_result(comm, config, output, permutation, working.view(), {stored.numbers(), stored.matrices()},
               labels, report);
}

/// What the run is made from, in the input's order.
struct Inputs {
  std::optional<Rows> rows;  ///< none: affinities alone
  std::optional<data::Labels> labels;
  std::optional<base::Matrix<float>> given;  ///< the initial embedding, if it is a file
  std::optional<optimize::State> state;      ///< of the run to go on from
};

base::Matrix<float> read_given(const comm::Communicator& comm, const std::string& file) {
  base::Matrix<float> given = io::read_rows(comm, std::span(&file, 1)).local;
  if (given.columns() == 2) return given;
  base::Matrix<float> two(given.rows(), 2);  // one dimension: the second is not used
  for (std::size_t i = 0; i < two.rows(); ++i) two(i, 0) = given(i, 0);
  return two;
}

Inputs read_inputs(const comm::Communicator& comm, const Config& config, std::int64_t points,
                   Stages& stages) {
  Inputs inputs;
  const auto blocks = data::RowDistribution::balanced(points, comm.size());
  if (!config.input.files.empty())
    inputs.rows = stages.run("read", [&] { return io::read_rows(comm, config.input.files); });
  if (!config.input.labels.empty())
    inputs.labels = stages.run("labels", [&] { return io::read_labels(comm, config.input.labels, blocks); });
  if (config.init.start == init::Start::file)
    inputs.given = stages.run("read_init", [&] { return read_given(comm, config.init.file); });
  if (!config.init.continued.empty())
    inputs.state = stages.run("read_state", [&] { return read_state(comm, config.init.continued); });
  return inputs;
}

/// What the rows are prepared by: the start of a run that goes on is not asked for, so the cheapest will do.
Config for_preparing(const Config& config) {
  Config result = config;
  if (!config.init.continued.empty()) result.init.start = init::Start::random;
  return result;
}

/// The stages.
void run_stages(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                Report& report, base::Log& log) {
  Stages stages(comm, report.stages);
  check_files(comm, config, report, log);
  Inputs inputs = read_inputs(comm, config, report.points, stages);
  report.input_accepted = true;

  const Config preparing = for_preparing(config);
  const auto judge = [&](const data::Permutation& permutation, base::MatrixView<const float> embedding) {
    if (config.quality.sample == 0 || config.input.files.empty()) return;
    report.quality = stages.run(
        "judge", [&] { return judge_result(comm, config, permutation, embedding, inputs.labels); });
  };
  if (config.method == Method::umap) {
    Neighborhoods found =
        prepare_neighbors(comm, config, std::move(*inputs.rows), inputs.given, stages, report, log);
    const UmapEmbedding made = embed_by_umap(comm, config, std::move(found), stages, report, log);
    stages.run("write", [&] {
      write_result(comm, config, output, made.permutation, made.embedding.view(), {}, inputs.labels, report);
    });
    judge(made.permutation, made.embedding.view());
    return;
  }
  Prepared prepared =
      config.input.affinity.empty()
          ? prepare(comm, preparing, std::move(*inputs.rows), inputs.given, stages, report, log)
          : prepare_from_affinities(comm, preparing, std::move(inputs.rows), inputs.given, stages, report,
                                    log);
  inputs.given.reset();
  optimize::State start = inputs.state ? in_working_order(comm, prepared.permutation, *inputs.state)
                                       : optimize::fresh_state(std::move(prepared.start));
  inputs.state.reset();
  prepared.start = {};
  Snapshots snapshots(comm, config, output, prepared.permutation, inputs.labels, report.files);
  auto optimized = stages.run("optimize", [&] {
    return optimize::optimize(comm, prepared.affinities, std::move(start), optimizer_config(config), log,
                              [&](const optimize::Moment& moment) { snapshots.see(moment); });
  });
  report.optimize = std::move(optimized.stats);
  prepared.affinities = {};
  stages.run("write", [&] {
    write_optimized(comm, config, output, prepared.permutation, optimized, inputs.labels, report);
  });
  judge(prepared.permutation, optimized.embedding.view());
}

/// The report of a run that failed, if it can be written at all: the failure itself is what the user must
/// hear of.
void report_failure(const comm::Communicator& comm, const OutputDirectory& output, const base::Error& error,
                    Report& report) {
  if (!report.input_accepted) return;
  report.exit_code = error.exit_code();
  report.error = error.what();
  const nlohmann::json json = to_json(comm, report);
  if (comm.rank() != 0) return;
  try {
    output.write_report(json);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

nlohmann::json embed(const comm::Communicator& comm, const Config& config, const About& about,
                     base::Log& log) {
  comm::agree(comm, [&] { check_config(config); });
  Report report{.about = about, .ranks = comm.size(), .started = utc_now()};
  const OutputDirectory output(comm, config);
  const auto neighbor_folders = prepare_neighbor_file(comm, config, config.output.force);
  const Seats seats = take_seats(comm, config.run, log);
  report.hosts = seats.hosts;
  report.threads = seats.threads;
  try {
    run_stages(comm, config, output, report, log);
    nlohmann::json json = to_json(comm, report);
    comm::on_root(comm, [&] { output.write_report(json); });
    return json;
  } catch (const comm::AgreedError& error) {
    report_failure(comm, output, error, report);
    throw;
  } catch (...) {
    // Met by this rank alone: the others are elsewhere and know nothing, so what is written is this rank's
    // view.
    const auto alone = comm::Communicator::self();
    try {
      comm::agree_on_failure(alone, std::current_exception());
    } catch (const comm::AgreedError& described) {
      report_failure(alone, output, described, report);
    }
    throw;
  }
}

}  // namespace fleetsne::run
