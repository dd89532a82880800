#include "fleetsne/run/prepare.hpp"

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/partition/partition.hpp"
#include "fleetsne/reduce/principal_components.hpp"

#include <utility>

namespace fleetsne::run {

Prepared prepare(const comm::Communicator& comm, const Config& config,
                 data::DistributedMatrix<float>&& consumed, const std::optional<base::Matrix<float>>& given,
                 Stages& stages, Report& report, base::Log& log) {
  data::DistributedMatrix<float> rows = std::move(consumed);
  if (config.input.pca > 0)
    rows = stages.run("reduce", [&] {
      return reduce::project(rows, reduce::principal_components(comm, rows, config.input.pca));
    });
  Prepared result;
  // Before the metric changes the rows: the start is made of what the user gave.
  result.start =
      stages.run("init", [&] { return init::initial_embedding(comm, rows, given, start_config(config)); });
  if (config.neighbors.metric == neighbors::Metric::cosine)
    stages.run("normalize", [&] { neighbors::unit_rows(comm, rows); });

  rows = stages.run("partition", [&] {
    auto placed = partition::partition_rows(comm, std::move(rows), {.seed = config.run.seed}, log);
    result.permutation = std::move(placed.permutation);
    result.start = result.permutation.to_working_order<float>(comm, result.start.view());
    return std::move(placed.rows);
  });
  neighbors::Neighbors found = stages.run("neighbors", [&] {
    return neighbors::find_neighbors(comm, rows, result.permutation, search_config(config), log);
  });
  rows = {};  // nothing below needs them, and the affinities need the room
  report.neighbors = found.stats;
  result.affinities = stages.run("affinity", [&] {
    return affinity::joint_affinities(comm, std::move(found.graph), config.affinity, log);
  });
  report.affinity = measure(comm, result.affinities);
  return result;
}

}  // namespace fleetsne::run
