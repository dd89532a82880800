#include "fleetsne/affinity/affinity.hpp"

#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/affinity/directed_edges.hpp"
#include "fleetsne/affinity/symmetrize.hpp"
#include "fleetsne/comm/agreement.hpp"

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

}  // namespace fleetsne::affinity
