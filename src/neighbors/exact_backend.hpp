#pragma once

#include "backend.hpp"

namespace fleetsne::neighbors {

/// Exact neighbours of all rows, in rounds of bounded memory. Collective.
data::NeighborGraph find_exactly(const SearchInput& input, const Watch& watch, NeighborsStats& stats,
                                 base::Log& log);

}  // namespace fleetsne::neighbors
