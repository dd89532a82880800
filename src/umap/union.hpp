#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/weighted_graph.hpp"

namespace fleetsne::umap {

/// Fuzzy union of a directed graph and its transpose: a + b - ab.
/// @param graph  consumed; its distances are memberships. Edges of membership 0 are left out
/// @note Collective. Bitwise the same for any number of ranks and threads.
data::WeightedGraph unite_with_transpose(const comm::Communicator& comm, data::NeighborGraph&& graph);

}  // namespace fleetsne::umap
