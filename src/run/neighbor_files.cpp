#include "fleetsne/run/neighbor_files.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/given_neighbors.hpp"
#include "fleetsne/run/metric_names.hpp"
#include "fleetsne/run/output_file.hpp"

#include <fmt/format.h>

namespace fleetsne::run {
namespace {

// Below, something else than these rows was searched, or another metric.
constexpr double doubtful_recall = 0.5;

io::NeighborFiles files_of(const Config& config) {
  return {config.neighbor_files.load, config.neighbor_files.distances};
}

}  // namespace

void check_neighbor_files(const Config& config, Problems& problems) {
  const NeighborFilesConfig& files = config.neighbor_files;
  problems.require(
      files.distances.empty() || !files.load.empty(),
      "--neighbors.distances was given without --neighbors.load (it holds the distances of those). Add "
      "--neighbors.load FILE.npy");
  problems.require(config.input.affinity.empty() || (files.load.empty() && files.save.empty()),
                   "--neighbors.load or --neighbors.save was given with --affinity (affinities need no "
                   "search). Leave out one of them");
}

std::optional<MadeFolders> prepare_neighbor_file(const comm::Communicator& comm, const Config& config,
                                                 bool force) {
  if (config.neighbor_files.save.empty()) return std::nullopt;
  std::vector<std::string> read = config.input.files;
  for (const std::string& file : {config.neighbor_files.load, config.neighbor_files.distances})
    if (!file.empty()) read.push_back(io::split_input(file).path);
  return prepare_output_file(comm, config.neighbor_files.save, force, read);
}

neighbors::Neighbors load_neighbors(const comm::Communicator& comm, const Config& config,
                                    const data::DistributedMatrix<float>& rows,
                                    const data::Permutation& permutation, std::uint64_t digest,
                                    base::Log& log) {
  const io::NeighborFiles files = files_of(config);
  const std::string& file = files.indices;
  const io::NeighborHeader header = io::inspect_neighbors(comm, files);
  comm::agree(comm, [&] {
    if (header.input_digest != 0 && header.input_digest != digest)
      throw base::InputError(fmt::format(
          "{} has the neighbors of other rows than the input's (their checksums differ). Name the input that "
          "they were found in, or search again",
          file));
  });
  const GivenNeighbors given =
      examine_neighbors(comm, files, rows, permutation, config.neighbors.metric, config.run.seed, log);
  const bool umap = config.method == Method::umap;
  const std::size_t asked = config.neighbors.count != 0 ? neighbor_count(config) : 0;
  const double usual =
      asked != 0 || umap ? static_cast<double>(neighbor_count(config)) : usual_neighbors(config.affinity);
  const std::size_t count =
      usual < static_cast<double>(given.fewest) ? static_cast<std::size_t>(usual) : given.fewest;
  comm::agree(comm, [&] {
    Problems problems;
    if (!umap) check_affinity(config.affinity, count, problems);
    problems.require(
        count >= asked,
        fmt::format("{} has {} neighbors of a row (--neighbors {} takes {}). Use fewer, or search "
                    "again for more",
                    file, count, config.neighbors.count, asked));
    problems.raise();
  });
  neighbors::Neighbors found;
  found.graph = io::read_neighbors(comm, files, permutation, given.reading, count, log);
  found.stats = neighbors::measure_neighbors(comm, rows, permutation, found.graph, search_config(config));
  log.info(fmt::format("recall {:.4f} (measured on {} points) of {} neighbors from {}", found.stats.recall,
                       found.stats.recall_points, count, file));
  if (found.stats.recall < doubtful_recall)
    log.warn(
        fmt::format("{} has {:.0f} % of the nearest rows by --metric {} (they may be of other rows, or by "
                    "another metric). "
                    "Search again if that is not meant",
                    file, 100 * found.stats.recall, name_of(config.neighbors.metric)));
  return found;
}

}  // namespace fleetsne::run
