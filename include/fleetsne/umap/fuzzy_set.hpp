#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/weighted_graph.hpp"

#include <span>

namespace fleetsne::umap {

/// Turns the squared distances of one point to its neighbours (ascending, itself left out) into memberships
/// exp(-(d - rho) / sigma), at most 1: rho is the smallest distance above 0, and sigma makes their sum
/// log2(neighbours + 1) within 1e-6. It is at least a thousandth of the mean distance, the point's own 0
/// counted.                                        [McInnes, Healy & Melville 2018, algorithm 3; umap-learn]
/// @param values    in: squared distances, out: memberships
/// @param mean_all  mean distance of all points to their neighbours and themselves, for points that have no
///                  neighbour but copies
void memberships(std::span<float> values, double mean_all);

/// The fuzzy simplicial set: an edge wherever one of two points is among the k neighbours of the other, of
/// weight a + b - ab for memberships a and b. What umap-learn makes of n_neighbors = k + 1: it counts the
/// point itself.                                               [McInnes, Healy & Melville 2018, section 3.1]
/// @param graph  N x k directed neighbour graph, consumed
/// @return       N x N, symmetric, weights in (0, 1]; rows owned as in `graph`
/// @note Collective. Bitwise the same for any number of ranks and threads, given the same graph.
data::WeightedGraph fuzzy_set(const comm::Communicator& comm, data::NeighborGraph&& graph, base::Log& log);

}  // namespace fleetsne::umap
