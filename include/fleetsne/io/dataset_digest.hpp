#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <cstdint>
#include <string>

namespace fleetsne::io {

/// An HDF5 file's matrix, looked at from its first row to its last.
struct MatrixDigest {
  std::int64_t rows = 0, columns = 0;
  std::uint64_t digest = 0;  ///< as data::digest of what it holds
};

enum class Element { float32, int64 };

/// Reads a dataset of two dimensions, each rank a block of its rows, and keeps nothing of it but the
/// checksum.
/// @param element  as what it is read
/// @note Collective. The same for any number of ranks. In rounds of at most some 64 MB a rank. Throws
///       InputError on all ranks, also if the file holds less than the dataset's shape promises.
MatrixDigest digest_of_dataset(const comm::Communicator& comm, const std::string& path,
                               const std::string& dataset, Element element = Element::float32);

/// A checksum as files have it: 16 hexadecimal digits.
std::string digest_text(std::uint64_t digest);

}  // namespace fleetsne::io
