#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace fleetsne::run {

/// What files of neighbors are found to hold.
struct GivenNeighbors {
  std::size_t fewest = 0;  ///< neighbors that every row has
  io::NeighborReading reading;
};

/// Looks at files of neighbors, compares the values of sampled rows with distances between the rows, and says
/// in the log what is not as this program writes it: indices from 1, fewer neighbors in some rows, squared
/// distances, similarities and so on.
/// @param rows  N x d in working order, as they are searched
/// @param seed  draws the sample
/// @note Collective; the same for any number of ranks. Throws InputError on all ranks if the values are
/// nothing
///       from which distances by the metric can be computed.
GivenNeighbors examine_neighbors(const comm::Communicator& comm, const io::NeighborFiles& files,
                                 const data::DistributedMatrix<float>& rows,
                                 const data::Permutation& permutation, neighbors::Metric metric,
                                 std::uint64_t seed, base::Log& log);

/// The metric that the description of a file of neighbors records, as this program spells it where it has it;
/// "" if there is none. @param about  of about_neighbors
std::string recorded_metric(const nlohmann::json& about);

}  // namespace fleetsne::run
