#include "fleetsne/run/generate.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/npy_file.hpp"
#include "fleetsne/io/transfer_limit.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/output_file.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/run/seats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace fleetsne::run {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_rows = 1'000'000'000'000;
constexpr std::size_t most_columns = 10'000;
/// As many categories as labels may have.
constexpr std::size_t most_clusters = 100'000;
/// Distances between clusters beyond this are nothing but clusters apart.
constexpr double largest_separation = 1000;
/// Every rank holds what the clusters look like.
constexpr double most_model_bytes = 1e9;

void check_cells(const synthetic::CellsConfig& c, Problems& problems) {
  const bool columns = c.columns >= 1 && c.columns <= most_columns;
  problems.require(
      columns, fmt::format("--columns is {} (it is the number of values in a row). Choose 1 to {}", c.columns,
                           most_columns));
  const bool clusters = c.clusters >= 1 && c.clusters <= most_clusters;
  problems.require(clusters, fmt::format("--clusters is {} (each is a category of labels). Choose 1 to {}",
                                         c.clusters, most_clusters));
  if (columns && clusters)
    problems.require(
        synthetic::Cells::bytes(c) <= most_model_bytes,
        fmt::format("--clusters {} with --columns {} takes {:.1f} GB on every rank (at most "
                    "{:.0f} GB are allowed). Give fewer of either",
                    c.clusters, c.columns, 1e-9 * synthetic::Cells::bytes(c), 1e-9 * most_model_bytes));
  for (const auto& [name, value] :
       {std::pair("--trajectories", c.trajectories), std::pair("--noise", c.noise)})
    problems.require(
        value >= 0 && value <= 1,
        fmt::format("{} is {} (a share of the rows is 0 to 1). Give, for example, 0.2", name, value));
  problems.require(c.separation >= 0 && c.separation <= largest_separation,
                   fmt::format("--separation is {} (it multiplies distances, 0 to {}). Give 1 for clusters "
                               "like those of real cells",
                               c.separation, largest_separation));
}

/// Rows that a rank makes in one go.
std::size_t rows_per_round(const GenerateConfig& config) {
  return io::rows_per_transfer(config.cells.columns * sizeof(float));
}

/// Makes this rank's block of the rows and writes it, round by round, so that all ranks hear of a failure on
/// one soon. Collective.
void write_rounds(const comm::Communicator& comm, const GenerateConfig& config, const synthetic::Cells& cells,
                  io::NpyFile& rows_file, io::NpyFile& labels_file, base::Log& log) {
  const auto total = static_cast<base::GlobalIndex>(config.rows);
  const auto blocks = data::RowDistribution::balanced(total, comm.size());
  const auto step = static_cast<base::GlobalIndex>(
      std::min(rows_per_round(config), static_cast<std::size_t>(std::max<std::int64_t>(blocks.count(0), 1))));
  base::Matrix<float> rows(static_cast<std::size_t>(step), config.cells.columns);
  base::Matrix<std::int32_t> labels(static_cast<std::size_t>(step), 1);
  log.begin_phase("rows", blocks.count(0));
  // Rank 0 has the largest block.
  for (base::GlobalIndex done = 0; done < blocks.count(0); done += step) {
    comm::agree(comm, [&] {
      const base::GlobalIndex first = std::min(blocks.end(comm.rank()), blocks.begin(comm.rank()) + done);
      const auto count = static_cast<std::size_t>(std::min(step, blocks.end(comm.rank()) - first));
      const auto round = rows.view().middle_rows(0, count);
      cells.make(first, round, labels.elements().first(count));
      rows_file.write_rows(first, base::MatrixView<const float>(round));
      labels_file.write_rows(first,
                             base::MatrixView<const std::int32_t>(labels.view().middle_rows(0, count)));
    });
    log.advance(std::min(done + step, blocks.count(0)));
  }
  log.end_phase();
}

}  // namespace

std::string labels_file(const GenerateConfig& config) {
  if (!config.output.labels.empty()) return config.output.labels;
  const fs::path rows(config.output.rows);
  return (rows.parent_path() / (rows.stem().string() + "-labels.npy")).string();
}

void check_config(const GenerateConfig& config) {
  Problems problems;
  problems.require(
      config.rows >= 1 && config.rows <= most_rows,
      fmt::format("--rows is {} (it is the number of points). Choose 1 to {}", config.rows, most_rows));
  check_cells(config.cells, problems);
  problems.require(!config.output.rows.empty(),
                   "no output file was given (the rows need a place). Add --output FILE.npy");
  for (const auto& [name, file] :
       {std::pair("--output", config.output.rows), std::pair("--labels", config.output.labels)})
    problems.require(
        file.empty() || fs::path(file).extension() == ".npy",
        fmt::format("{} is {} (only .npy files are written). Name it so that it ends in .npy", name, file));
  problems.require(
      config.output.rows.empty() ||
          fs::path(config.output.rows).lexically_normal() != fs::path(labels_file(config)).lexically_normal(),
      fmt::format("--labels is {}, which is also --output (one would replace the other). Name another",
                  config.output.labels));
  check_execution(config.run, problems);
  problems.raise();
}

Generated generate(const comm::Communicator& comm, const GenerateConfig& config, base::Log& log) {
  comm::agree(comm, [&] { check_config(config); });
  const base::Stopwatch watch;
  const std::string rows_path = config.output.rows, labels_path = labels_file(config);
  const MadeFolders for_rows = prepare_output_file(comm, rows_path, config.output.force);
  const MadeFolders for_labels = prepare_output_file(comm, labels_path, config.output.force);
  const Seats seats = take_seats(comm, config.run, log);
  log.info(fmt::format("{} rows of {} columns in {} clusters", config.rows, config.cells.columns,
                       config.cells.clusters));
  synthetic::CellsConfig cells_config = config.cells;
  cells_config.seed = config.run.seed;
  const synthetic::Cells cells = comm::agree(comm, [&] { return synthetic::Cells(cells_config); });
  const auto rows = static_cast<base::GlobalIndex>(config.rows);
  io::NpyFile labels_file(comm, labels_path,
                          {.element = io::NpyShape::Element::int32, .rows = rows, .flat = true});
  io::NpyFile rows_file(
      comm, rows_path,
      {.element = io::NpyShape::Element::float32, .rows = rows, .columns = config.cells.columns});
  write_rounds(comm, config, cells, rows_file, labels_file, log);
  labels_file.commit();
  rows_file.commit();
  return {.files = {rows_path, labels_path}, .threads = seats.threads, .seconds = watch.seconds()};
}

}  // namespace fleetsne::run
