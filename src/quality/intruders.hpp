#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <span>

namespace fleetsne::quality {

/// The sum over this and all other ranks' queries of max(0, r - k) over the rows that are near them in an
/// embedding, where such a row is the r-th nearest in the data.                [Venna & Kaski 2001, eq. 1]
/// @param rows     N x d padded
/// @param queries  padded as they are
/// @param self     for each query the global row that it is
/// @param near     queries x k, global rows
/// @note Collective. Equal distances count by row. The same for any number of ranks. O(N / ranks x all
/// queries x d) work on each rank.
std::int64_t intruder_ranks(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                            base::MatrixView<const float> queries, std::span<const base::GlobalIndex> self,
                            const base::Matrix<base::GlobalIndex>& near);

}  // namespace fleetsne::quality
