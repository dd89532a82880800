#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

namespace fleetsne::affinity {

/// How near points attract each other.
enum class Kind {
  perplexity,  ///< Gaussian, as wide as makes the perplexity
  uniform,     ///< all neighbours alike
};

/// Joint affinities p_ij = (p_j|i + p_i|j) / 2N, where p_j|i is proportional to exp(-beta_i d_ij^2) over the
/// k neighbours of i and beta_i makes the entropy of row i log(perplexity).
///                                               [van der Maaten & Hinton 2008, section 2; van der Maaten
///                                               2014, eq. 7]
/// A row whose entropy cannot be that (more neighbours at its smallest distance than the perplexity asks for)
/// is uniform over those at the smallest distance.
/// Values are stored as squares of 16-bit numbers, scaled by row (see data::ValueCoding); what is less than
/// half of the smallest is left out. The graph's lists give their memory back as they are read.
/// @param graph  N x k directed neighbour graph, consumed
/// @return       N x N sparse matrix, rows owned as in `graph`; symmetric within the rounding of each row's
/// coding, every value > 0, global sum 1 within 1e-6
/// @note Collective. Bitwise the same for any number of ranks and threads, given the same graph.
data::SparseMatrix perplexity_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                         double perplexity, base::Log& log);

/// The same value for every pair of which one is among the k neighbours of the other.
///                  [Boehm, Berens & Kobak 2022 use k = 15; openTSNE's Uniform halves pairs that are so one
///                  way only]
/// @param graph  N x k directed neighbour graph, consumed; its distances are not used
/// @return       as above, values not stored
/// @note Collective. The same for any number of ranks and threads, given the same graph.
data::SparseMatrix uniform_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                      base::Log& log);

}  // namespace fleetsne::affinity
