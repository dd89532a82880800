#include "fleetsne/affinity/affinity.hpp"

#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/affinity/directed_edges.hpp"
#include "fleetsne/affinity/scales.hpp"
#include "fleetsne/affinity/symmetrize.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <utility>

namespace fleetsne::affinity {
namespace {

data::SparseMatrix affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                              data::ValueCoding coding, const Weigh& weigh, base::Log& log) {
  log.begin_phase("affinities", static_cast<std::int64_t>(graph.columns.rows()));
  DirectedEdges edges = comm::agree(comm, [&] { return compress(std::move(graph), coding, weigh, log); });
  log.end_phase();
  return symmetrize(comm, std::move(edges), log, band_edges(comm.size()));
}

}  // namespace

data::SparseMatrix perplexity_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                         double perplexity, base::Log& log) {
  return affinities(
      comm, std::move(graph), data::ValueCoding::squared16,
      [perplexity](std::span<float> values) { conditional_affinities(values, perplexity); }, log);
}

data::SparseMatrix uniform_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                      base::Log& log) {
  return affinities(comm, std::move(graph), data::ValueCoding::uniform, {}, log);
}

data::SparseMatrix averaged_uniform_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                               base::Log& log) {
  return affinities(
      comm, std::move(graph), data::ValueCoding::squared16,
      [](std::span<float> values) {
        std::ranges::fill(values, 1 / static_cast<float>(std::max<std::size_t>(values.size(), 1)));
      },
      log);
}

data::SparseMatrix joint_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                    const AffinityConfig& config, base::Log& log) {
  const auto weighed = [&](const Weigh& weigh) {
    return affinities(comm, std::move(graph), data::ValueCoding::squared16, weigh, log);
  };
  switch (config.kind) {
    case Kind::perplexity:
      return perplexity_affinities(comm, std::move(graph), config.perplexity, log);
    case Kind::multiscale:
      return weighed([&](std::span<float> values) { average_of_scales(values, config.perplexities); });
    case Kind::mixture:
      return weighed([&](std::span<float> values) { mixture_of_scales(values, config.perplexities); });
    case Kind::fixed_sigma:
      return weighed([&](std::span<float> values) { gaussian_weights(values, config.sigma); });
    case Kind::uniform:
      break;
  }
  return config.symmetry == Symmetry::max ? uniform_affinities(comm, std::move(graph), log)
                                          : averaged_uniform_affinities(comm, std::move(graph), log);
}

}  // namespace fleetsne::affinity
