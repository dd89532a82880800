#include "fleetsne/run/transform.hpp"

#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/neighbors/nearest_among.hpp"
#include "fleetsne/optimize/anchored_objective.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/partition/partition.hpp"
#include "fleetsne/plot/text.hpp"
#include "fleetsne/reduce/principal_components.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/continuation.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/picture.hpp"
#include "fleetsne/run/reported_run.hpp"
#include "fleetsne/run/result.hpp"
#include "fleetsne/run/row_checks.hpp"
#include "fleetsne/run/schedule.hpp"
#include "fleetsne/run/seats.hpp"
#include "fleetsne/run/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fleetsne::run {
namespace {

using Rows = data::DistributedMatrix<float>;

std::size_t affinity_neighbors(const TransformConfig& config) {
  return static_cast<std::size_t>(usual_neighbors(config.embed.affinity));
}

/// What is asked for and what the files hold must fit; only headers are looked at. Collective.
ReferenceHeader check_files(const comm::Communicator& comm, const TransformConfig& config,
                            FileMatches& matches, Report& report, base::Log& log) {
  ReferenceHeader reference = inspect_reference(comm, config.reference);
  const DataShape shape = inspect_files(comm, config.embed, log, &matches);
  comm::agree(comm, [&] {
    if (shape.columns != reference.columns)
      throw base::InputError(
          fmt::format("the new rows have {} columns, and those of {} {} (they are compared column by "
                      "column). Give rows of "
                      "the same columns",
                      shape.columns, reference.embedding, reference.columns));
    const std::int64_t fewest = std::min(shape.rows, reference.rows);
    if (fewest < comm.size())
      throw base::InputError(
          fmt::format("there are {} rows for {} ranks (every rank needs at least one, of the new and of the "
                      "reference). Start "
                      "at most {} rank{}",
                      fewest, comm.size(), fewest, fewest == 1 ? "" : "s"));
    Problems problems;
    check_usual_neighbors(config.embed.affinity, reference.rows + 1, problems);
    problems.require(
        std::cmp_less_equal(config.start_neighbors, reference.rows),
        fmt::format("--start-neighbors is {}, and the reference has {} rows (they are looked for among "
                    "them). Give at most so many",
                    config.start_neighbors, reference.rows));
    problems.raise();
  });
  report.points = shape.rows;
  report.columns = shape.columns;
  report.neighbor_count = std::max(affinity_neighbors(config), config.start_neighbors);
  log.info(fmt::format("{} new rows of {} columns into {} points, {}, {} neighbours", report.points,
                       report.columns, reference.rows, describe(config.embed.affinity),
                       report.neighbor_count));
  return reference;
}

/// Both as neighbours are looked for: reduced as the reference's own embedding was, and adapted to the
/// metric.
void make_comparable(const comm::Communicator& comm, const ReferenceHeader& header, const InputConfig& input,
                     Rows& reference, Rows& rows) {
  if (header.pca > 0) {
    const auto axes = reduce::principal_components(comm, reference, header.pca);
    reference = reduce::project(reference, axes);
    rows = reduce::project(rows, axes);
  }
  expect_directions(comm, header.files, header.orientation, reference, header.metric);
  expect_directions(comm, input.files, input.orientation(), rows, header.metric);
  reference = neighbors::adapt_rows(comm, std::move(reference), header.metric);
  rows = neighbors::adapt_rows(comm, std::move(rows), header.metric);
}

/// The first numbers of each row.
base::Matrix<float> first_of_each(const base::Matrix<float>& all, std::size_t count) {
  base::Matrix<float> result(all.rows(), count);
  for (std::size_t i = 0; i < all.rows(); ++i) std::copy_n(all.row(i).begin(), count, result.row(i).begin());
  return result;
}

/// Where new points start, and what draws them.
struct Placed {
  base::Matrix<float> start;  // points x 2
  optimize::Anchors anchors;
};

/// @param positions  of the reference in working order, this rank's block x 2. Collective.
Placed place(const comm::Communicator& comm, const TransformConfig& config, const Rows& reference,
             const base::Matrix<float>& positions, const Rows& rows, std::span<const base::GlobalIndex> ids,
             neighbors::Metric metric, Report& report) {
  const std::size_t k = report.neighbor_count, near = affinity_neighbors(config);
  const auto found = neighbors::nearest_among(comm, reference, rows.local.view(), k, metric);
  report.neighbors = neighbors::NeighborsStats{.backend = neighbors::Backend::exact,
                                               .distance_evaluations = found.distance_evaluations,
                                               .ranks_searched_mean = static_cast<double>(comm.size()),
                                               .ranks_searched_max = comm.size()};
  const auto told = data::ask_owners<float>(
      comm, reference.rows, found.rows.elements(), 2,
      [&](std::size_t row, std::span<float> place) { std::ranges::copy(positions.row(row), place.begin()); });
  base::Matrix<float> places(rows.local.rows(), 2 * k);
  std::ranges::copy(told, places.elements().begin());
  Placed result;
  const std::size_t by = config.start_neighbors;
  result.start = init::place_among(config.start, first_of_each(places, 2 * by),
                                   first_of_each(found.squared_distances, by), ids, config.embed.run.seed);
  result.anchors = {first_of_each(places, 2 * near), first_of_each(found.squared_distances, near)};
  auto& shares = result.anchors.probabilities;
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < shares.rows(); ++i)
    affinity::conditional_affinities(shares.row(i), config.embed.affinity.perplexity);
  return result;
}

/// The new points, the reference behind them in the colour of what has no label. Collective.
void draw_among(const comm::Communicator& comm, const Config& config, base::MatrixView<const float> embedding,
                const std::optional<data::Labels>& labels, const base::Matrix<float>& reference,
                std::int64_t points, const std::string& path, base::Log& log) {
  const std::size_t n = embedding.rows(), columns = embedding.columns();
  base::Matrix<float> both(n + reference.rows(), columns);
  data::Labels marks{.name = "new", .codes = std::vector<std::int32_t>(n, 0), .categories = {"new points"}};
  if (labels) marks = *labels;
  marks.codes.resize(both.rows(), -1);
  for (std::size_t i = 0; i < both.rows(); ++i)
    for (std::size_t d = 0; d < columns; ++d) both(i, d) = i < n ? embedding(i, d) : reference(i - n, d);
  const auto all = data::RowDistribution::balanced(
      comm.all_reduce(static_cast<std::int64_t>(both.rows()), comm::Reduction::sum), comm.size());
  plot::PlotConfig plot = config.plot;
  plot.unlabelled = "reference";
  plot.note = fmt::format("{} new points among {}", plot::with_thousands(points),
                          plot::with_thousands(all.total() - points));
  draw_embedding(comm, both.view(), all, marks, path, plot, log);
}

void run_stages(const comm::Communicator& comm, const TransformConfig& config, const OutputDirectory& output,
                Report& report, base::Log& log) {
  const Config& embed = config.embed;
  Stages stages(comm, report.stages);
  FileMatches matches;
  const ReferenceHeader header = check_files(comm, config, matches, report, log);
  ReferenceRows reference = stages.run("read_reference", [&] { return read_reference(comm, header, log); });
  Rows rows = stages.run("read", [&] {
    return io::read_rows(comm, embed.input.files,
                         {.log = &log,
                          .orientation = embed.input.orientation(),
                          .like = header.files,
                          .rescaling = &reference.rescaling});
  });
  report.input_digest = data::digest(comm, rows);
  std::optional<data::Labels> labels;
  if (!embed.input.labels.empty())
    labels = stages.run("labels", [&] { return read_labels(comm, embed.input.labels, matches.labels); });
  report.input_accepted = true;

  stages.run("reduce", [&] { make_comparable(comm, header, embed.input, reference.rows, rows); });
  auto partitioned = stages.run("partition", [&] {
    auto of_new = partition::partition_rows(comm, std::move(rows), {.seed = embed.run.seed}, log);
    auto of_reference =
        partition::partition_rows(comm, std::move(reference.rows), {.seed = embed.run.seed}, log);
    return std::pair{std::move(of_new), std::move(of_reference)};
  });
  partition::Partitioned &placed = partitioned.first, &there = partitioned.second;
  const auto working = there.permutation.to_working_order<float>(comm, reference.positions.view());
  Placed points = stages.run("neighbors", [&] {
    return place(comm, config, there.rows, working, placed.rows, placed.permutation.origins, header.metric,
                 report);
  });
  placed.rows = there.rows = {};

  optimize::OptimizeConfig optimizing = optimizer_config(embed.optimize);
  optimizing.dimensions = header.dimensions;
  for (optimize::Stage& stage : optimizing.stages) stage.dof = header.dof;
  auto optimized = stages.run("optimize", [&] {
    const optimize::Box box = optimize::bounding_box(comm, working);
    optimize::AnchoredObjective objective(comm, std::move(points.anchors), {working, box},
                                          optimizing.repulsion);
    return optimize::optimize(comm, objective, optimize::fresh_state(std::move(points.start)), optimizing,
                              log);
  });
  report.optimize = std::move(optimized.stats);
  stages.run("write", [&] {
    const auto of_data = first_columns(optimized.embedding, header.dimensions);
    const auto embedding = placed.permutation.to_input_order<float>(comm, of_data.view());
    write_result(comm, embed, output, {placed.permutation.input, embedding.view(), labels}, report,
                 [&](const std::string& path) {
                   draw_among(comm, embed, embedding.view(), labels, reference.positions, report.points, path,
                              log);
                 });
  });
}

}  // namespace

TransformConfig::TransformConfig() {
  embed.affinity.perplexity = 5;
  embed.optimize.early_iterations = 0;
  embed.optimize.iterations = 250;
  embed.optimize.exaggeration = 1.5;
  embed.optimize.learning_rate = {optimize::LearningRate::Rule::fixed, 0.1};
  embed.optimize.max_gradient_norm = 0.25;
}

void check_config(const TransformConfig& config) {
  const Config& embed = config.embed;
  Problems problems;
  problems.require(
      !embed.input.files.empty(),
      "no input was given (there are no new points). Name one or more files: fleetsne transform NEW... "
      "--into embedding.h5ad --output DIR");
  problems.require(!config.reference.embedding.empty(),
                   "no embedding was given (new points need one to go into). Add --into embedding.h5ad");
  problems.require(!embed.output.directory.empty(),
                   "no output directory was given (the result needs a place). Add --output DIR");
  problems.require(config.start_neighbors >= 1,
                   "--start-neighbors is 0 (a point is placed by at least 1). Give more");
  check_affinity(embed.affinity, 0, problems);
  check_schedule(embed.optimize, problems);
  check_picture(embed.plot, problems);
  check_execution(embed.run, problems);
  problems.raise();
}

nlohmann::json transform(const comm::Communicator& comm, const TransformConfig& config, const About& about,
                         base::Log& log) {
  comm::agree(comm, [&] { check_config(config); });
  std::vector<std::string> read = config.reference.rows;
  read.push_back(config.reference.embedding);
  const OutputDirectory output(comm, config.embed, read);
  return reported_run(comm, config.embed.run, about, output, log,
                      [&](Report& report) { run_stages(comm, config, output, report, log); });
}

}  // namespace fleetsne::run
