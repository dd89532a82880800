#include "fleetsne/run/pipeline.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/seats.hpp"
#include "fleetsne/run/stages.hpp"

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
  if (config.input.affinity.empty())
    log.info(fmt::format("{} rows of {} columns, {}, {} neighbours", report.points, report.columns,
                         describe(config.affinity), report.neighbor_count));
  else
    log.info(fmt::format("{} rows, affinities of {}", report.points, config.input.affinity));
}

/// What uns/tsne of the AnnData file says of the embedding. Its strings are UTF-8, so it goes through text.
nlohmann::json provenance(const Report& report) {
  return nlohmann::json::parse(to_text({{"version", report.about.version},
                                        {"config", report.about.config},
                                        {"ranks", report.ranks},
                                        {"threads", report.threads},
                                        {"started", report.started},
                                        {"recall", report.neighbors->recall},
                                        {"kl", report.optimize->kl},
                                        {"libraries", library_versions()}}));
}

/// Writes the three files that hold the result, in input order.
void write_result(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                  const data::Permutation& permutation, base::MatrixView<const float> working_embedding,
                  const std::optional<data::Labels>& labels, Report& report) {
  const auto embedding = permutation.to_input_order(comm, working_embedding);
  output.withdraw_report(comm);
  io::write_anndata(comm, output.anndata(),
                    {.rows = permutation.input,
                     .embedding = embedding.view(),
                     .labels = labels,
                     .inputs = config.input.files,
                     .parameters = provenance(report)});
  report.files.push_back(output.anndata());
  io::write_npy(comm, output.npy(), permutation.input, embedding.view());
  report.files.push_back(output.npy());
  plot::plot_embedding(comm, embedding.view(), labels, output.picture(), config.plot);
  report.files.push_back(output.picture());
}

/// What the run is made from, in the input's order.
struct Inputs {
  std::optional<Rows> rows;  ///< none: affinities alone
  std::optional<data::Labels> labels;
  std::optional<base::Matrix<float>> given;  ///< the initial embedding, if it is a file
};

Inputs read_inputs(const comm::Communicator& comm, const Config& config, std::int64_t points,
                   Stages& stages) {
  Inputs inputs;
  const auto blocks = data::RowDistribution::balanced(points, comm.size());
  if (!config.input.files.empty())
    inputs.rows = stages.run("read", [&] { return io::read_rows(comm, config.input.files); });
  if (!config.input.labels.empty())
    inputs.labels = stages.run("labels", [&] { return io::read_labels(comm, config.input.labels, blocks); });
  if (config.init.start == init::Start::file)
    inputs.given =
        stages.run("read_init", [&] { return io::read_rows(comm, std::span(&config.init.file, 1)).local; });
  return inputs;
}

/// The stages.
void run_stages(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                Report& report, base::Log& log) {
  Stages stages(comm, report.stages);
  check_files(comm, config, report, log);
  Inputs inputs = read_inputs(comm, config, report.points, stages);
  report.input_accepted = true;

  Prepared prepared =
      config.input.affinity.empty()
          ? prepare(comm, config, std::move(*inputs.rows), inputs.given, stages, report, log)
          : prepare_from_affinities(comm, config, std::move(inputs.rows), inputs.given, stages, report, log);
  inputs.given.reset();
  auto optimized = stages.run("optimize", [&] {
    return optimize::optimize(comm, prepared.affinities, std::move(prepared.start),
                              optimizer_config(config.optimize), log);
  });
  report.optimize = std::move(optimized.stats);
  stages.run("write", [&] {
    write_result(comm, config, output, prepared.permutation, optimized.embedding.view(), inputs.labels,
                 report);
  });
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
