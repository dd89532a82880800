#include "fleetsne/run/trial.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/invariance.hpp"
#include "fleetsne/run/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace fleetsne::run {
namespace {

constexpr std::int64_t largest_sample = 160'000;  // of seconds: a look, not a run
constexpr std::int64_t least_of_rank = 1001;      // more than are summed pair by pair on one rank
constexpr int timed_iterations = 20;
constexpr double radius = 100;  // of the disc that finished embeddings fill, of 70,000 to 1,300,000 points
// The energy at the end of a stage costs as much as so many iterations.
constexpr double iterations_of_energy = 3;

double seconds_of(const std::vector<StageRecord>& stages, const std::string& name) {
  double seconds = 0;
  for (const StageRecord& stage : stages) {
    if (stage.name == name) seconds += stage.times.wall;
  }
  return seconds;
}

/// Seconds of an iteration from `start`.
double time_iterations(const comm::Communicator& comm, const Config& config, const Prepared& prepared,
                       base::Matrix<float> start) {
  optimize::OptimizeConfig optimizer = optimizer_config(config);
  // The points stay where they are.
  optimizer.stages = {{.iterations = timed_iterations, .momentum = 0, .max_step_norm = 1e-6}};
  optimizer.kl_every = timed_iterations + 1;
  base::Log silent;
  comm.barrier();
  const base::Stopwatch watch;
  optimize::optimize(comm, prepared.affinities, std::move(start), optimizer, silent);
  return watch.seconds() / (timed_iterations + iterations_of_energy);
}

/// The start drawn out to a disc: a normal distribution would fill it evenly. Near points stay near.
base::Matrix<float> wide_start(const Prepared& prepared, double standard_deviation) {
  base::Matrix<float> start = prepared.start;
  for (std::size_t i = 0; i < start.rows(); ++i) {
    const double x = start(i, 0) / standard_deviation, y = start(i, 1) / standard_deviation;
    const double squared = std::max(x * x + y * y, 1e-12);
    const double factor = radius * std::sqrt((1 - std::exp(-squared / 2)) / squared);
    start(i, 0) = static_cast<float>(factor * x);
    start(i, 1) = static_cast<float>(factor * y);
  }
  return start;
}

}  // namespace

std::vector<std::int64_t> trial_sizes(const Config& config, const DataShape& data) {
  const auto least = std::max({2 * static_cast<std::int64_t>(neighbor_count(config)),
                               2 * static_cast<std::int64_t>(config.input.pca), least_of_rank * data.ranks});
  // Of very many ranks a sample is larger, so that each has something to do.
  const std::int64_t largest = std::min(data.rows / 2, std::max(largest_sample, least));
  std::vector<std::int64_t> sizes;
  for (const std::int64_t rows : {largest / 4, largest / 2, largest}) {
    if (rows >= least) sizes.push_back(rows);
  }
  if (sizes.empty()) sizes.push_back(data.rows);
  return sizes;
}

Trial run_trial(const comm::Communicator& comm, const Config& given, std::int64_t rows) {
  Config config = given;
  config.neighbor_files = {};  // a trial keeps nothing
  if (config.init.start == init::Start::file) config.init.start = init::Start::random;
  config.init.continued.clear();
  Report report;
  Stages stages(comm, report.stages);
  base::Log silent;
  auto sample = stages.run("read", [&] {
    return io::read_sample(comm, config.input.files, rows, invariance_of(config),
                           {.orientation = config.input.orientation()})
        .rows;
  });
  config.input.files.clear();  // row numbers are the sample's
  const Prepared prepared = prepare(comm, config, std::move(sample), {}, stages, report, silent);
  std::vector<double> costs{
      time_iterations(comm, config, prepared, prepared.start),
      time_iterations(comm, config, prepared, wide_start(prepared, config.init.standard_deviation))};
  for (const char* name : {"read", "reduce", "init", "normalize", "partition", "neighbors", "affinity"})
    costs.push_back(seconds_of(report.stages, name));
  comm.all_reduce(std::span(costs), comm::Reduction::max);
  const auto points = static_cast<double>(rows);
  return {.rows = rows,
          .read = costs[2],
          .reduce = costs[3],
          .init = costs[4],
          .normalize = costs[5],
          .partition = costs[6],
          .neighbors = costs[7],
          .affinity = costs[8],
          .early_iteration = costs[0],
          .late_iteration = costs[1],
          .evaluations = static_cast<double>(report.neighbors->distance_evaluations) / points,
          .degree = static_cast<double>(report.affinity->edges) / points,
          .bytes_per_edge = report.affinity->bytes_per_edge,
          .ghosts = static_cast<double>(report.affinity->ghosts_max)};
}

}  // namespace fleetsne::run
