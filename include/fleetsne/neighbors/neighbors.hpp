#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/neighbors/watch.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

enum class Backend {
  automatic,  ///< exact for small data, else hnsw
  exact,
  hnsw,
  given,  ///< found elsewhere and read; not to be asked for here
};

enum class Metric {
  euclidean,
  cosine,         ///< 1 - cos of the angle between rows
  correlation,    ///< 1 - Pearson's correlation of the columns
  inner_product,  ///< the larger x.y the nearer; distances are those of adapt_rows
  manhattan,      ///< sum of |x_j - y_j|
};

struct NeighborsConfig {
  Backend backend = Backend::automatic;
  Metric metric = Metric::euclidean;
  std::size_t count = 90;  ///< k
  std::size_t links = 16;  ///< hnsw's M
  std::size_t ef_construction = 100;
  double aim = 0.98;  ///< recall that a rank's search among its own points is completed to, about; below 1
  std::size_t recall_sample = 1000;  ///< points whose neighbours are compared with exact search; at least 200
  std::size_t round = 65536;         ///< points of a rank for which others search at once; at least 64
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

/// k nearest neighbours of every row, with the squares of their distances; for inner_product with |x|^2 + M^2
/// - 2 x.y, M the length of the longest row, which differs from -2 x.y by what is the same for all of a
/// row's. hnsw: a rank's points in blocks of near ones, an index over the blocks; all points of a block
/// search together, first on their own rank, then on those that the router says can hold some of their k
/// nearest; lists come back and are merged. Where k is small, a search stops early and neighbours of
/// neighbours complete it. Exact duplicates are indexed once and expanded.
/// @param rows  N x d padded rows in working order, as adapt_rows has made them
/// @note Collective. Needs 1 <= k <= N - 1. Deterministic for the same ranks: a search that is left when its
///       watch throws, and gone on with, finds bit by bit what one without a break does.
Neighbors find_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                         const data::Permutation& permutation, const NeighborsConfig& config, base::Log& log,
                         const Watch& watch = {});

/// What a graph that was found elsewhere is worth: the share of a sample's exact neighbours among these rows
/// that its lists name. @param rows  as for find_neighbors
/// @note Collective. The same for any number of ranks.
NeighborsStats measure_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                                 const data::Permutation& permutation, const data::NeighborGraph& graph,
                                 const NeighborsConfig& config);

/// Bytes for each of a rank's rows that a search for k neighbours keeps of who has the row in its list; 0
/// where neighbours of neighbours are not looked at.
std::size_t reverse_list_bytes(std::size_t k);

/// Rows that a metric cannot compare, because they have no direction: all zero for cosine, and constant for
/// correlation.
struct UndirectedRows {
  std::int64_t count = 0;
  std::vector<base::GlobalIndex> first;  ///< of these the first five
};

/// @note Collective. The same for any number of ranks.
UndirectedRows find_undirected(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                               Metric metric);

/// Scales every row to unit length, in place, so that Euclidean search orders as cosine does. A row that is
/// all zero stays so.
void unit_rows(data::DistributedMatrix<float>& rows);

/// Rows as find_neighbors compares them: for cosine of unit length, for correlation centered before that, for
/// inner_product with one more column, c = sqrt(M^2 - |y|^2), M the length of the longest row, so that |(x,
/// 0) - (y, c)|^2 = |x|^2 + M^2 - 2 x.y.                             [Bachrach et al. 2014, Euclidean
/// transform] Rows that find_undirected finds become zero. Collective.
data::DistributedMatrix<float> adapt_rows(const comm::Communicator& comm,
                                          data::DistributedMatrix<float>&& rows, Metric metric);

}  // namespace fleetsne::neighbors
