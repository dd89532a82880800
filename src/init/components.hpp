#pragma once

#include "fleetsne/comm/communicator.hpp"

#include "graph_product.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::init {

/// The parts of a graph between which there is no edge.
struct Components {
  std::int64_t count = 0;
  std::vector<std::int64_t> sizes;  ///< of the largest, falling; the same on every rank
  std::vector<int> of_row;          ///< for each local row which of these it is in, or -1
};

/// Joins what local edges join, then lets the smallest row number of each part travel until nothing changes.
/// @param most   of the largest are told apart
/// @param least  points that these have at least
/// @note Collective, in as many rounds as the widest component crosses between ranks. The same for any number
/// of ranks: equal sizes by smallest row.
Components find_components(const comm::Communicator& comm, const GraphProduct& graph, std::size_t most,
                           std::int64_t least);

}  // namespace fleetsne::init
