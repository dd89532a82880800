#pragma once

#include "backend.hpp"

namespace fleetsne::neighbors {

/// Approximate neighbours of all rows by one hnsw index per rank and routed searches. Collective.
data::NeighborGraph find_by_hnsw(const SearchInput& input, const Watch& watch, NeighborsStats& stats,
                                 base::Log& log);

}  // namespace fleetsne::neighbors
