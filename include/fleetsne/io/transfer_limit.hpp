#pragma once

#include <cstddef>

namespace fleetsne::io {

/// Largest number of bytes that one file call moves and that buffers between file and matrix hold. A single
/// row that is longer still travels in one HDF5 or MPI call. The default is 64 MiB; tests set it to 1 KiB, so
/// that every loop over pieces runs more than once.
std::size_t transfer_limit();
void set_transfer_limit(std::size_t bytes);

/// How many rows of `row_bytes` bytes go into one call: at least one.
std::size_t rows_per_transfer(std::size_t row_bytes);

}  // namespace fleetsne::io
