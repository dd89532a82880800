#pragma once

#include "fleetsne/affinity/directed_edges.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

#include <cstdint>

namespace fleetsne::affinity {

/// The sum of a directed graph and its transpose, over the sum of all its values; of uniform edges their
/// union, each over their number. Done in bands of rows: the edges into them are collected from the tiles
/// that refer to them, those of other ranks travel, and every row's are merged with those out of it.
/// @param edges       consumed
/// @param band_edges  of this rank, into a band: 8 bytes each are held beside both matrices
/// @note Collective. Symmetric within the rounding of each row's coding; the same for any number of ranks and
/// threads and any bound.
data::SparseMatrix symmetrize(const comm::Communicator& comm, DirectedEdges&& edges, base::Log& log,
                              std::int64_t band_edges);

}  // namespace fleetsne::affinity
