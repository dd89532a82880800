#pragma once

#include <cstdint>
#include <string>

namespace fleetsne::io {

/// A checksum of a file's size and of some of its bytes, at most a MiB: all of a small file, else 256 pieces
/// spread evenly from the first to the last. Of a folder (a zarr store), of the names and sizes of all its
/// files and of their bytes one after the other. It differs for a file that was made again, and is no proof
/// that none of its bytes has changed. 0 if it cannot be read. On this rank alone.
std::uint64_t file_sample(const std::string& path);

}  // namespace fleetsne::io
