#pragma once

#include "fleetsne/affinity/directed_edges.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

#include <algorithm>
#include <cstdint>

namespace fleetsne::affinity {

/// Edges into a band of one of so many ranks, which may share a machine: of all ranks together a fixed
/// number, but of each enough that bands do not become too many to go through the tiles for.
constexpr std::int64_t band_edges(int ranks) {
  constexpr std::int64_t of_all = std::int64_t{1} << 26, least = std::int64_t{1} << 22;
  return std::max(of_all / ranks, least);
}

/// The sum of a directed graph and its transpose, over the sum of all its values; of uniform edges their
/// union, each over their number. Done in bands of rows: the edges into them are collected from the tiles
/// that refer to them, those of other ranks travel, and every row's are merged with those out of it.
/// @param edges       consumed
/// @param most_edges  of this rank, into a band: 8 bytes each are held beside both matrices
/// @note Collective. Symmetric within the rounding of each row's coding; the same for any number of ranks and
/// threads and any bound.
data::SparseMatrix symmetrize(const comm::Communicator& comm, DirectedEdges&& edges, base::Log& log,
                              std::int64_t most_edges);

}  // namespace fleetsne::affinity
