#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/write.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// The state of a run on the way, in an HDF5 file: some float32 matrices with a row for every point, in the
/// input's order, and a description. Any number of ranks writes it and any other reads it. Every matrix has a
/// checksum in the description, which has one itself; the attribute `complete` is written last.
namespace fleetsne::io {

/// Writes the file whole or not at all.
/// @param rows      of all matrices, in the input's order
/// @param matrices  this rank's blocks; their names are the datasets'
/// @param about     anything; comes back as it is
/// @note Collective. Throws IoError on all ranks.
void write_state(const comm::Communicator& comm, const std::string& path, const data::RowDistribution& rows,
                 std::span<const NamedMatrix> matrices, const nlohmann::json& about);

/// What a state file says of itself.
struct StateHeader {
  std::string path;
  std::int64_t rows = 0;
  nlohmann::json about;    ///< as it was given
  nlohmann::json digests;  ///< of each matrix, in hexadecimal
};

/// Looks at the file: whether it is one, of a version that is known, and complete.
/// @note Collective. Throws InputError on all ranks.
StateHeader inspect_state_file(const comm::Communicator& comm, const std::string& path);

/// Reads all matrices of it and keeps none: whether each fits its checksum.
/// @note Collective. In rounds of at most some 64 MB a rank. Throws InputError on all ranks.
void verify_state_file(const comm::Communicator& comm, const StateHeader& header);

/// Reads matrices of it, this rank's blocks of RowDistribution::balanced.
/// @note Collective. Throws InputError on all ranks, also if one does not fit its checksum.
std::vector<base::Matrix<float>> read_state_file(const comm::Communicator& comm, const StateHeader& header,
                                                 std::span<const std::string> names);

}  // namespace fleetsne::io
