#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

namespace fleetsne::affinity {

/// (w_ij + w_ji) / 2N of a directed graph with weights where its distances were: edges to other ranks' rows
/// travel to those, are sorted in with the rank's own, and merged with the row's outgoing edges.
/// @param graph  N x k, consumed; `squared_distances` holds the weights
/// @note Collective. Bitwise symmetric, and the same for any number of ranks and threads.
data::SparseMatrix symmetrize(const comm::Communicator& comm, data::NeighborGraph&& graph);

}  // namespace fleetsne::affinity
