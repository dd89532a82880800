#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/io/orientation.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include <span>
#include <string>

namespace fleetsne::run {

/// Refuses rows that the metric cannot compare: how many there are, and where in their files the first stand.
/// @param orientation  that the files were read with
/// @param rows         of the files, stacked in order
/// @note Collective; throws InputError on all ranks.
void expect_directions(const comm::Communicator& comm, std::span<const std::string> files,
                       io::Orientation orientation, const data::DistributedMatrix<float>& rows,
                       neighbors::Metric metric);

/// Warns if all rows are equal. @return whether all rows are equal. Collective.
/// @param name  of what holds the rows
bool warn_if_all_equal(const comm::Communicator& comm, const std::string& name,
                       const data::DistributedMatrix<float>& rows, base::Log& log);

/// Warns if more than half of the rows are at distance 0 of another. Collective.
void warn_of_copies(const comm::Communicator& comm, const std::string& name, const data::NeighborGraph& graph,
                    base::Log& log);

}  // namespace fleetsne::run
