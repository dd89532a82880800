#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::partition {

/// Cuts all rows into `leaves` blocks of near rows, of balanced sizes (see RowDistribution::balanced), and
/// tells for each local row its block. Level by level: every block is cut across the line that parts the
/// fewest near rows of its share of a sample, which all ranks hold (the same at any number of leaves up to
/// 512), at an exact quantile of (projection, input index). Each rank finds the lines of its share of the
/// blocks.
/// @note Collective. O(log leaves) levels of a few all-reduces each, and of one gathering of the lines:
/// leaves x columns numbers over all levels, on every rank.
std::vector<std::int32_t> bisect(const comm::Communicator& comm, const data::DistributedMatrix<float>& input,
                                 std::int32_t leaves, std::uint64_t seed);

}  // namespace fleetsne::partition
