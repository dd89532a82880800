#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

namespace fleetsne::affinity {

/// Joint affinities p_ij = (p_j|i + p_i|j) / 2N, where p_j|i is proportional to exp(-beta_i d_ij^2) over the
/// k neighbours of i and beta_i makes the entropy of row i log(perplexity).
///                                               [van der Maaten & Hinton 2008, section 2; van der Maaten
///                                               2014, eq. 7]
/// A row whose entropy cannot be that (more neighbours at its smallest distance than the perplexity asks for)
/// is uniform over those at the smallest distance.
/// @param graph  N x k directed neighbour graph, consumed
/// @return       N x N symmetric sparse matrix, rows owned as in `graph`; every value > 0, global sum 1
/// within 1e-6
/// @note Collective. Bitwise the same for any number of ranks and threads, given the same graph.
data::SparseMatrix perplexity_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                         double perplexity, base::Log& log);

}  // namespace fleetsne::affinity
