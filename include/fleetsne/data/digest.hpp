#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <cstdint>

namespace fleetsne::data {

/// 64 bits that tell rows from others: the sum of a hash of every row that is keyed by its index, so that
/// values, their order and the columns all matter and the ranks do not.                           [XXH3,
/// Collet 2019]
/// @note Collective. The same for any number of ranks.
std::uint64_t digest(const comm::Communicator& comm, const DistributedMatrix<float>& rows);
/// The same of this rank's block of `rows`.
std::uint64_t digest(const comm::Communicator& comm, const RowDistribution& rows,
                     base::MatrixView<const float> block);

/// What consecutive rows from global row `first` on add to it. By this rank alone.
template <class T>
std::uint64_t digest_share(base::GlobalIndex first, base::MatrixView<const T> rows);

}  // namespace fleetsne::data
