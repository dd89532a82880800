#pragma once

#include <cstdint>
#include <string>

namespace fleetsne::io {

/// A checksum of a file's size and of some of its bytes, at most a MiB: all of a small file, else 256 pieces
/// spread evenly from the first to the last. It tells a file that was made anew from the one before, and is
/// no proof that none of its bytes has changed. 0 if it cannot be read. On this rank alone.
std::uint64_t file_sample(const std::string& path);

}  // namespace fleetsne::io
