#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fleetsne::quality {

/// Those of this rank's rows that are among `count` of all ranks' rows, drawn by the seed without
/// replacement: local indices, ascending. A smaller draw of the same seed is part of a larger one. All rows
/// if there are no more.
/// @param rows  in the input's order, by which they are drawn
/// @note Collective. The same rows at any number of ranks. O(count) memory on each.
std::vector<std::size_t> draw_sample(const comm::Communicator& comm, const data::RowDistribution& rows,
                                     std::size_t count, std::uint64_t seed);

}  // namespace fleetsne::quality
