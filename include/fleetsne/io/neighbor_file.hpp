#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/permutation.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

/// Neighbours in files that other tools can read and write, too: N x k indices of rows of the input and N x k
/// distances (not squared), a row for each row of the input, nearest first. In an HDF5 file the datasets
/// `indices` (or `neighbors`) and `distances`; else two .npy files. What this program writes has beside them
/// what they were found in and how (see io/description.hpp), and in attributes of the root group
/// `input_digest` and the checksums `indices_digest` and `distances_digest`.
namespace fleetsne::io {

/// Where neighbours are.
struct NeighborFiles {
  std::string indices;    ///< the HDF5 file, or a .npy file
  std::string distances;  ///< for .npy: the other one
};

struct NeighborHeader {
  std::int64_t rows = 0;
  std::size_t count = 0;           ///< k
  std::uint64_t input_digest = 0;  ///< of the rows that they were found among; 0 if the file does not say
};

/// Writes an HDF5 file, whole or not at all, in rounds of at most some 64 MB a rank.
/// @param about  anything; comes back as it is
/// @note Collective. Throws IoError on all ranks.
void write_neighbors(const comm::Communicator& comm, const std::string& path,
                     const data::Permutation& permutation, const data::NeighborGraph& graph,
                     std::uint64_t input_digest, const nlohmann::json& about);

/// Looks at the files. Collective; throws InputError on all ranks.
NeighborHeader inspect_neighbors(const comm::Communicator& comm, const NeighborFiles& files);

/// What an HDF5 file of neighbours says of how it was made: what write_neighbors was given, null if it says
/// nothing. Collective; throws InputError on all ranks.
nlohmann::json about_neighbors(const comm::Communicator& comm, const std::string& path);

/// Reads an HDF5 file of neighbours to its end and keeps nothing: whether every index is a row and every
/// distance finite and not negative, and all fits its checksums.
/// @return  whether there are checksums; files of other programs, and of earlier versions, have none
/// @note Collective. In rounds of at most some 64 MB a rank. Throws InputError on all ranks.
bool verify_neighbors(const comm::Communicator& comm, const std::string& path);

/// Reads them and brings them to the ranks that have the rows. A row may list itself, which is left out: then
/// all rows have one neighbour less, those that do not list themselves lose the farthest.
/// @param most  of the nearest so many are kept, or all there are
/// @note Collective. The files are read twice, in rounds of at most some 64 MB a rank. Throws InputError on
/// all
///       ranks for an index that is no row or comes twice, or a distance that is negative or no number.
data::NeighborGraph read_neighbors(const comm::Communicator& comm, const NeighborFiles& files,
                                   const data::Permutation& permutation, std::size_t most, base::Log& log);

}  // namespace fleetsne::io
