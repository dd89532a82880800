#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// A text that tells what a file is: dataset `about` of bytes, its checksum the attribute `about_digest` of
/// the root group. By one rank alone.
namespace fleetsne::io::description {

/// XXH3's 64 bits.                                                                        [Collet 2019]
std::uint64_t digest(std::span<const std::byte> bytes);

void write(const hdf5::Guard& guard, hid_t file, const std::string& text);

/// Throws InputError if there is none, it has no sensible size, or its checksum is another.
std::string read(const hdf5::Guard& guard, hid_t file);

}  // namespace fleetsne::io::description
