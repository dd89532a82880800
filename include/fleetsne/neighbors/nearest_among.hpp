#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include <cstddef>
#include <cstdint>

namespace fleetsne::neighbors {

/// The nearest of some rows to queries that are not among them.
struct NearestAmong {
  base::Matrix<base::GlobalIndex> rows;   ///< queries x k, global index of the row, nearest first
  base::Matrix<float> squared_distances;  ///< queries x k, as find_neighbors has them
  std::int64_t distance_evaluations = 0;  ///< of all ranks
};

/// Exact: the rows go past every rank's queries, in pieces, and a block of them is compared with a block of
/// queries unless their means tell that none of it can be near enough. So queries that stand beside near
/// ones, as in working order, are much faster.
/// @param among    M x d, as adapt_rows has made them; better in an order of nearness, too
/// @param queries  this rank's, any number x d, as adapt_rows has made them for the same metric
/// @param k        at most M
/// @note Collective. The same for any number of ranks. O(M) rows received by each rank, a piece at a time:
///       meant for M well below the number of queries.
NearestAmong nearest_among(const comm::Communicator& comm, const data::DistributedMatrix<float>& among,
                           base::MatrixView<const float> queries, std::size_t k, Metric metric);

}  // namespace fleetsne::neighbors
