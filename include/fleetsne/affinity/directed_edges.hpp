#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/pages.hpp"
#include "fleetsne/data/edge_tile.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/tile_writer.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace fleetsne::affinity {

using data::tile_rows;

/// This rank's rows of a directed graph, compressed. A row's edges are those to its k neighbours.
struct DirectedEdges {
  data::RowDistribution rows;
  data::Ghosts ghosts;
  base::LocalIndex row_count = 0;
  data::ValueCoding coding = data::ValueCoding::squared16;
  std::vector<std::vector<data::EdgeTile>> blocks;  ///< the tiles of every tile_rows rows
  std::vector<std::int32_t> in_degree;              ///< of local rows, by edges from local rows
  base::Arena storage;
};

/// Turns a row's squared distances (ascending) into weights, in place.
using Weigh = std::function<void(std::span<float>)>;

/// Compresses a graph row by row; the lists' memory goes back to the system as they are read, so that both
/// are never whole at a time. Not collective.
/// @param weigh  for coding squared16; called by several threads
DirectedEdges compress(data::NeighborGraph&& graph, data::ValueCoding coding, const Weigh& weigh,
                       base::Log& log);

}  // namespace fleetsne::affinity
