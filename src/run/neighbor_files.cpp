#include "fleetsne/run/neighbor_files.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/output_file.hpp"

#include <fmt/format.h>

#include <algorithm>

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
      "--neighbors.distances was given without --neighbors.load (it tells how far those are). Add "
      "--neighbors.load FILE.npy");
  problems.require(
      config.input.affinity.empty() || (files.load.empty() && files.save.empty()),
      "--neighbors.load or --neighbors.save was given with --affinity (with affinities no neighbours "
      "are looked for). Leave out one of them");
}

std::optional<MadeFolders> prepare_neighbor_file(const comm::Communicator& comm, const Config& config,
                                                 bool force) {
  if (config.neighbor_files.save.empty()) return std::nullopt;
  std::vector<std::string> read = config.input.files;
  for (const std::string& file : {config.neighbor_files.load, config.neighbor_files.distances})
    if (!file.empty()) read.push_back(file);
  return prepare_output_file(comm, config.neighbor_files.save, force, read);
}

neighbors::Neighbors load_neighbors(const comm::Communicator& comm, const Config& config,
                                    const data::DistributedMatrix<float>& rows,
                                    const data::Permutation& permutation, std::uint64_t digest,
                                    base::Log& log) {
  const io::NeighborHeader header = io::inspect_neighbors(comm, files_of(config));
  const std::string& file = config.neighbor_files.load;
  const bool umap = config.method == Method::umap;
  const std::size_t asked = config.neighbors.count != 0 ? neighbor_count(config) : 0;
  const double wanted =
      asked != 0 || umap ? static_cast<double>(neighbor_count(config)) : usual_neighbors(config.affinity);
  const std::size_t most =
      wanted < static_cast<double>(header.count) ? static_cast<std::size_t>(wanted) : header.count;
  comm::agree(comm, [&] {
    if (header.input_digest != 0 && header.input_digest != digest)
      throw base::InputError(fmt::format(
          "{} has the neighbours of other rows than the input's (their checksums differ). Name the input "
          "that they were found in, or search anew",
          file));
  });
  neighbors::Neighbors found;
  found.graph = io::read_neighbors(comm, files_of(config), permutation, most, log);
  comm::agree(comm, [&] {
    Problems problems;
    if (!umap) check_affinity(config.affinity, found.graph.count(), problems);
    problems.require(found.graph.count() >= asked,
                     fmt::format("{} has {} neighbours of a row (--neighbors {} takes {}). Ask for fewer",
                                 file, found.graph.count(), config.neighbors.count, asked));
    problems.raise();
  });
  found.stats = neighbors::measure_neighbors(comm, rows, permutation, found.graph, search_config(config));
  log.info(fmt::format(
      "recall {:.4f} (measured on {} points) of {} neighbours from {}{}", found.stats.recall,
      found.stats.recall_points, found.graph.count(), file,
      found.stats.recall < doubtful_recall ? ": are they of these rows, and of this --metric?" : ""));
  return found;
}

}  // namespace fleetsne::run
