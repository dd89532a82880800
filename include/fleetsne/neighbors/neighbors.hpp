#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/permutation.hpp"

#include <cstdint>
#include <span>

namespace fleetsne::neighbors {

enum class Backend {
  automatic,  ///< exact for small data, else hnsw
  exact,
  hnsw,
};

enum class Metric { euclidean, cosine };

struct NeighborsConfig {
  Backend backend = Backend::automatic;
  Metric metric = Metric::euclidean;
  std::size_t count = 90;  ///< k
  std::size_t links = 16;  ///< hnsw's M
  std::size_t ef_construction = 100;
  double aim = 0.98;  ///< recall that a rank's search among its own points is completed to, about; below 1
  std::size_t recall_sample = 1000;  ///< points whose neighbours are compared with exact search; at least 200
  std::uint64_t seed = 0;
};

/// What the search did, over all ranks; the same on every rank.
struct NeighborsStats {
  Backend backend = Backend::exact;       ///< the one that ran
  double recall = 1;                      ///< share of the sample's exact neighbours that were found
  std::int64_t recall_points = 0;         ///< sampled
  std::int64_t distance_evaluations = 0;  ///< routing included, recall measurement excluded
  std::int64_t routing_evaluations = 0;   ///< of these, those that told which ranks to ask
  double routing_seconds = 0;             ///< that this took a rank, on average
  double ranks_searched_mean = 1;         ///< per point, its own rank included
  int ranks_searched_max = 1;
};

struct Neighbors {
  data::NeighborGraph graph;
  NeighborsStats stats;
};

/// k nearest neighbours of every row. Distances are squared Euclidean, or for cosine (1 - cos)^2.
/// hnsw: a rank's points in blocks of near ones, an index over the blocks; all points of a block search
/// together, first on their own rank, then on those that the router says can hold some of their k nearest;
/// lists come back and are merged. Where k is small, a search stops early and neighbours of neighbours
/// complete it. Exact duplicates are indexed once and expanded.
/// @param rows  N x d padded rows in working order; for cosine already of unit length (see unit_rows)
/// @note Collective. Needs 1 <= k <= N - 1. Deterministic for the same ranks.
Neighbors find_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                         const data::Permutation& permutation, const NeighborsConfig& config, base::Log& log);

/// Bytes for each of a rank's rows that a search for k neighbours keeps of who has the row in its list; 0
/// where neighbours of neighbours are not looked at.
std::size_t reverse_list_bytes(std::size_t k);

/// Scales every row to unit length, in place, so that Euclidean search orders as cosine does. Throws
/// InputError on all ranks if a row is all zero (it has no direction). Collective.
void unit_rows(const comm::Communicator& comm, data::DistributedMatrix<float>& rows);

}  // namespace fleetsne::neighbors
