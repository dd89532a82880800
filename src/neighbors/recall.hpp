#pragma once

#include "fleetsne/base/random.hpp"

#include "backend.hpp"

#include <vector>

namespace fleetsne::neighbors {

/// Local rows of about `wanted` sampled points, chosen by a hash of their input index: the same points at any
/// number of ranks. All rows if there are no more than that. Not collective.
std::vector<std::size_t> sample_rows(const SearchInput& input, std::size_t wanted, base::Random random);

/// Share of the sample's exact neighbours that the graph has. A neighbour counts as found if the list has
/// that many at its distance or nearer: which of several equally far ones stand in it is no matter. Sets
/// recall and recall_points. Collective.
void measure_recall(const SearchInput& input, const data::NeighborGraph& graph, NeighborsStats& stats);

}  // namespace fleetsne::neighbors
