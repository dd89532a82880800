#pragma once

#include <cstddef>

/// What the io room hands to zlib, HDF5 and MPI-IO, looked at on the way: this test binary has its own
/// gzread, H5Dread and MPI_File_write_at, which take the measure and call the library's.
namespace fleetsne::io::testing {

/// Bytes of the largest call since the last reset, and how many there were.
struct Transfers {
  std::size_t largest = 0, calls = 0;
};
Transfers reads();
Transfers writes();
void reset_transfers();

}  // namespace fleetsne::io::testing
