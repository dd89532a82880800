#include "fleetsne/run/config.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/reduce/principal_components.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/neighbor_files.hpp"
#include "fleetsne/run/sample_start.hpp"
#include "fleetsne/run/schedule.hpp"
#include "fleetsne/run/seats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fleetsne::run {
namespace {

/// Far beyond what helps; memory for them is taken at once, for every point or every search.
constexpr std::size_t most_links = 1000, most_candidates = 1'000'000;
constexpr std::size_t usual_umap_neighbors = 15;
/// Below, squared distances between the points vanish; above, no force is left between them.
constexpr double smallest_deviation = 1e-12, largest_deviation = 1e3;

void check_continued(const Config& config, Problems& problems) {
  if (config.init.continued.empty()) return;
  problems.require(config.init.start == InitConfig{}.start && config.init.file.empty(),
                   "--init was given with --continue (the points start where the other run left them). Leave "
                   "one of them out");
  const int early = config.optimize.early_iterations;
  problems.require(early == OptimizeConfig{}.early_iterations || early == 0,
                   "--early-iterations was given with --continue (the other run has had its own). Give "
                   "--iterations or stages");
}

void check_optimize(const OptimizeConfig& c, Problems& problems) {
  check_schedule(c, problems);
  problems.require(
      c.dimensions == 1 || c.dimensions == 2,
      fmt::format("--dimensions is {} (embeddings have 1 or 2). Give one of these", c.dimensions));
  problems.require(
      c.kl_every >= 1,
      fmt::format("--optimize.kl-every is {} (it counts iterations). Give 1 or more", c.kl_every));
  problems.require(
      c.repulsion != optimize::Repulsion::exact || c.sharing == optimize::GridSharing::automatic,
      "--optimize.grid-sharing was given with --optimize.repulsion exact (which has no grid). Leave out "
      "one of them");
}

}  // namespace

std::size_t neighbor_count(const Config& config) {
  if (config.method == Method::umap)
    return (config.neighbors.count != 0 ? config.neighbors.count : usual_umap_neighbors) - 1;
  if (config.neighbors.count != 0) return config.neighbors.count;
  return static_cast<std::size_t>(usual_neighbors(config.affinity));
}

neighbors::NeighborsConfig search_config(const Config& config) {
  neighbors::NeighborsConfig result = config.neighbors;
  result.count = neighbor_count(config);
  result.seed = config.run.seed;
  return result;
}

init::InitConfig start_config(const Config& config) {
  return {config.init.start, config.init.standard_deviation, config.run.seed};
}

optimize::OptimizeConfig optimizer_config(const OptimizeConfig& c) {
  return {.stages = schedule(c),
          .dimensions = c.dimensions,
          .repulsion = c.repulsion,
          .sharing = c.sharing,
          .kl_every = c.kl_every};
}

optimize::OptimizeConfig optimizer_config(const Config& config) {
  OptimizeConfig of_run = config.optimize;
  if (!config.init.continued.empty()) of_run.early_iterations = 0;
  return optimizer_config(of_run);
}

void check_neighbors(const Config& config, Problems& problems) {
  if (config.method == Method::umap)
    problems.require(
        config.neighbors.count != 1,
        "--neighbors is 1 (UMAP counts the point itself, so there would be no other). Give 2 or more");
  else
    check_affinity(config.affinity, config.neighbors.count, problems);
  check_neighbor_files(config, problems);
  problems.require(config.neighbors.links >= 2 && config.neighbors.links <= most_links,
                   fmt::format("--neighbors.links is {} (the index takes 2 to {} a point). 16 is usual",
                               config.neighbors.links, most_links));
  problems.require(
      config.neighbors.ef_construction >= 1 && config.neighbors.ef_construction <= most_candidates,
      fmt::format("--neighbors.ef-construction is {} (the index keeps 1 to {} candidates). 100 is usual",
                  config.neighbors.ef_construction, most_candidates));
  problems.require(
      config.neighbors.aim >= 0 && config.neighbors.aim < 1,
      fmt::format(
          "--neighbors.aim is {} (it is a recall from 0 to less than 1). For all neighbours use --backend "
          "exact",
          config.neighbors.aim));
  problems.require(
      config.neighbors.recall_sample >= 200,
      fmt::format(
          "--neighbors.recall-sample is {} (recall from fewer than 200 points says little). Give more",
          config.neighbors.recall_sample));
}

void check_config(const Config& config) {
  Problems problems;
  problems.require(
      !config.input.files.empty() || !config.input.affinity.empty(),
      "no input was given (there is nothing to embed). Name one or more files: fleetsne embed INPUT... "
      "--output DIR");
  problems.require(!config.output.directory.empty(),
                   "no output directory was given (the result needs a place). Add --output DIR");
  const bool without_rows = !config.input.affinity.empty() && config.input.files.empty();
  problems.require(
      !without_rows || config.init.start != init::Start::columns,
      "--init columns was given with --affinity alone (the columns are in the input, which was not "
      "named). Name the input, too, or choose another --init");
  problems.require(
      !without_rows || config.init.start != init::Start::sample,
      "--init sample was given with --affinity alone (the sample is drawn from the input, which was "
      "not named). Name the input, too");
  if (config.init.start == init::Start::sample) check_sample(config, problems);
  problems.require(!without_rows || config.input.pca == 0,
                   "--pca was given with --affinity alone (there are no rows to reduce). Leave it out");
  check_neighbors(config, problems);
  const bool from_file = config.init.start == init::Start::file;
  problems.require(
      !from_file || !config.init.file.empty(),
      "--init file was given without a file (it holds the start of every point). Add --init-file FILE");
  problems.require(
      from_file || config.init.file.empty(),
      "--init-file was given with another --init (the file would not be read). Add --init file or leave "
      "out --init-file");
  const double deviation = config.init.standard_deviation;
  problems.require(
      deviation >= smallest_deviation && deviation <= largest_deviation,
      fmt::format("--init.standard-deviation is {} (points that start in one place, or too far apart, do "
                  "not move). Give {} to {}",
                  deviation, smallest_deviation, largest_deviation));
  if (config.method == Method::umap) {
    check_umap(config.umap, problems);
    problems.require(
        config.input.affinity.empty(),
        "--affinity was given with --method umap (which has a fuzzy set of its own, made of neighbours). "
        "Leave out one of them");
  } else {
    check_optimize(config.optimize, problems);
    check_continued(config, problems);
    problems.require(config.snapshot.every >= 0,
                     fmt::format("--snapshot.every is {} (it counts iterations). Give 0 for no snapshots",
                                 config.snapshot.every));
  }
  const SnapshotConfig none;
  problems.require(config.method != Method::umap ||
                       (config.init.continued.empty() && config.snapshot.every == none.every &&
                        config.snapshot.stages == none.stages && config.optimize.dimensions == 2),
                   "--continue, --dimensions or snapshots were asked for with --method umap (they are "
                   "t-SNE's). Leave them out");
  check_checkpoint(config.checkpoint, problems);
  check_picture(config.plot, problems);
  check_execution(config.run, problems);
  problems.raise();
}

void check_picture(const plot::PlotConfig& config, Problems& problems) {
  problems.require(
      config.size >= plot::smallest_size && config.size <= plot::largest_size,
      fmt::format("--plot.size is {} (it is the longer side of a panel in pixels). Choose {} to {}",
                  config.size, plot::smallest_size, plot::largest_size));
}

void check_against_data(const Config& config, const DataShape& data) {
  if (data.rows < 1)
    throw base::InputError(
        "the input has no rows (there is nothing to embed). Check the file and the dataset");
  if (data.columns < 1)
    throw base::InputError(
        "the rows of the input have no columns (there is nothing to compare them by). Check the file and the "
        "dataset");
  if (data.rows < data.ranks)
    throw base::InputError(
        fmt::format("the input has {} rows for {} ranks (every rank needs at least one). Start at most "
                    "{} ranks",
                    data.rows, data.ranks, data.rows));
  if (data.rows < 4)
    throw base::InputError(
        fmt::format("the input has {} rows (perplexity 1, the smallest there is, needs 3 neighbours of "
                    "every row, so 4 rows). Give more",
                    data.rows));
  const bool from_file = config.init.start == init::Start::file;
  const int dimensions = config.optimize.dimensions;
  const bool fits = data.init_rows == data.rows && data.init_columns == dimensions;
  if (from_file && !fits)
    throw base::InputError(
        fmt::format("{} is {} x {}, not {} x {} (an initial embedding has {} for every row of the input, in "
                    "its order). Give one of that shape",
                    config.init.file, data.init_rows, data.init_columns, data.rows, dimensions,
                    dimensions == 2 ? "two values" : "one value"));
  if (!config.init.continued.empty() && !fits)
    throw base::InputError(
        fmt::format("{} holds an embedding of {} x {}, not {} x {} (a run goes on with the rows and "
                    "--dimensions that it was begun with). Name that input",
                    config.init.continued, data.init_rows, data.init_columns, data.rows, dimensions));

  if (config.init.start == init::Start::sample && std::cmp_greater(config.sample.size, data.rows))
    throw base::UsageError(fmt::format(
        "--sample.size is {}, and the input has {} rows (a sample is a part of them). Give at most so "
        "many",
        config.sample.size, data.rows));
  if (!config.input.affinity.empty()) {
    if (data.affinity_rows != data.rows)
      throw base::InputError(
          fmt::format("{} has the affinities of {} rows, and the input has {} (they must be of the same). "
                      "Name the input that "
                      "they were made of, or none",
                      config.input.affinity, data.affinity_rows, data.rows));
    return;  // neighbours were found before
  }
  if (!config.neighbor_files.load.empty()) {
    if (data.neighbor_rows != data.rows)
      throw base::InputError(
          fmt::format("{} has the neighbors of {} rows, and the input has {} (there is a list for every "
                      "row). Name the input "
                      "that they were found in, and if rows and columns are exchanged, as R and MATLAB write "
                      "them, transpose "
                      "the neighbors",
                      config.neighbor_files.load, data.neighbor_rows, data.rows));
    return;  // how many there are is known when they are read
  }
  Problems problems;
  const auto others = static_cast<std::size_t>(data.rows - 1);
  if (config.method == Method::umap) {
    problems.require(
        neighbor_count(config) <= others,
        fmt::format("--neighbors {} is too large for {} rows (a row has {} others, and UMAP counts itself). "
                    "The largest possible here is {}",
                    neighbor_count(config) + 1, data.rows, others, data.rows));
  } else if (config.neighbors.count == 0) {
    check_usual_neighbors(config.affinity, data.rows, problems);
  } else {
    problems.require(
        config.neighbors.count <= others,
        fmt::format("--neighbors {} is too large for {} rows (a row has {} others). The largest possible "
                    "here is {}",
                    config.neighbors.count, data.rows, others, others));
  }
  const auto most = static_cast<std::size_t>(std::min(data.rows, data.columns));
  problems.require(
      config.input.pca <= most,
      fmt::format("--pca {} is too large for {} rows of {} columns (there are only {} principal components). "
                  "The largest possible here is {}",
                  config.input.pca, data.rows, data.columns, most, most));
  const std::int64_t columns =
      config.input.pca == 0 ? data.columns : static_cast<std::int64_t>(config.input.pca);
  const bool reduces = config.input.pca > 0;
  problems.require(
      (!reduces && ((config.init.start != init::Start::pca && config.init.start != init::Start::spectral) ||
                    !config.init.continued.empty())) ||
          static_cast<std::size_t>(data.columns) <= reduce::most_columns,
      fmt::format("{} columns are too many for {} (their covariance matrix would take {:.1f} GB on every "
                  "rank). Choose {} columns or fewer, for instance the most variable ones{}",
                  data.columns,
                  reduces                                 ? "--pca"
                  : config.init.start == init::Start::pca ? "--init pca"
                                                          : "--init spectral",
                  8e-9 * static_cast<double>(data.columns) * static_cast<double>(data.columns),
                  reduce::most_columns, reduces ? "" : ", or use --init random"));
  problems.require(
      config.init.start != init::Start::columns || columns >= 2,
      "--init columns takes the first two columns (there is only one). Use --init pca or random");
  problems.raise();
}

}  // namespace fleetsne::run
