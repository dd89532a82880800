#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

#include <vector>

namespace fleetsne::affinity {

/// How near points attract each other.
enum class Kind {
  perplexity,   ///< Gaussian, as wide as makes the perplexity
  multiscale,   ///< the mean of the affinities of several perplexities
  mixture,      ///< a mixture of the Gaussians of several perplexities
  fixed_sigma,  ///< Gaussian, as wide as it was told
  uniform,      ///< all neighbours alike
};

/// What becomes of a pair of which only one is among the other's neighbours.
enum class Symmetry {
  max,   ///< uniform: it counts as much as any other; no values are stored
  mean,  ///< uniform: it counts half. All other kinds are means of both ways, always
};

struct AffinityConfig {
  Kind kind = Kind::perplexity;
  double perplexity = 30;             ///< for Kind::perplexity
  std::vector<double> perplexities;   ///< for multiscale and mixture: at least one, each at most k
  double sigma = 1;                   ///< for fixed_sigma: standard deviation, in the unit of the distances
  Symmetry symmetry = Symmetry::max;  ///< for uniform
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

/// The affinities that the config asks for: those of the functions around, and
///   multiscale   p_j|i = mean over perplexities of the p_j|i of each   [Kobak & Berens 2019, eq. 8]
///   mixture      p_j|i ~ sum over perplexities of sqrt(beta) exp(-beta d_ij^2)
///                                         [Lee, Peluffo-Ordonez & Verleysen 2015; openTSNE's mixture]
///   fixed_sigma  p_j|i ~ exp(-d_ij^2 / 2 sigma^2)
/// symmetrised and stored as perplexity_affinities are, and with its promises.
/// @note Collective.
data::SparseMatrix joint_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                    const AffinityConfig& config, base::Log& log);

/// The same value for every pair of which one is among the k neighbours of the other.
///                  [Boehm, Berens & Kobak 2022 use k = 15; openTSNE's Uniform halves pairs that are so one
///                  way only]
/// @param graph  N x k directed neighbour graph, consumed; its distances are not used
/// @return       as above, values not stored
/// @note Collective. The same for any number of ranks and threads, given the same graph.
data::SparseMatrix uniform_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                      base::Log& log);

/// The same, but a pair that is so one way only has half the value: values are stored.    [openTSNE's
/// Uniform]
data::SparseMatrix averaged_uniform_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                               base::Log& log);

}  // namespace fleetsne::affinity
