#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/raster.hpp"

#include <span>
#include <vector>

namespace fleetsne::plot {

/// Where the marks of a legend's entries stand: each where its category is densest in the viewport, or where
/// it is nearly so if another mark stands there. Categories that are not seen, or whose places are all taken
/// by larger ones, have none.
/// @param codes  category of each local row
/// @param room   pixels that a mark keeps free around it
/// @return       on rank 0; nothing elsewhere
/// @note Collective. Counts points in integers: the same for any number of ranks.
std::vector<Mark> place_marks(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                              std::span<const std::int32_t> codes, const Legend& legend,
                              const Viewport& viewport, double room);

}  // namespace fleetsne::plot
