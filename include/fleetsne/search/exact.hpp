#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/search/distance.hpp"

#include <cstdint>
#include <span>

namespace fleetsne::search {

/// k nearest rows of every query, nearest first, equal distances by `origin`.
struct ExactNeighbors {
  base::Matrix<base::GlobalIndex> rows;     ///< queries x k, global index of the row found (working order)
  base::Matrix<base::GlobalIndex> origins;  ///< queries x k, its index in the input
  base::Matrix<float> squared_distances;    ///< queries x k; by the measure asked for
  std::int64_t distance_evaluations = 0;    ///< on this rank
};

/// Exact nearest rows of this rank's queries among all ranks' rows: blocks of queries travel round the ranks,
/// each adds what its rows offer. Candidates are found by blocked matrix products (manhattan: one by one) and
/// decided by one distance kernel of fixed order, so the result is bitwise the same for any number of ranks
/// and threads.
/// @param rows     N x d, padded rows
/// @param origins  for each local row its index in the input; ties go to the smaller one
/// @param queries  this rank's queries (any number, also none) x d, padded rows
/// @param skip     for each query the origin of a row that must not be found (itself), or -1
/// @param k        at most the number of rows that may be found
/// @note Collective. O(N / ranks x all queries x d) work on each rank.
ExactNeighbors exact_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                               std::span<const base::GlobalIndex> origins,
                               base::MatrixView<const float> queries, std::span<const base::GlobalIndex> skip,
                               std::size_t k, Measure measure = Measure::squared_euclidean);

}  // namespace fleetsne::search
