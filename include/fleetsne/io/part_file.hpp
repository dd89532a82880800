#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What one rank has in hand of work that is not finished, in an HDF5 file of its own: bytes as they stand in
/// its memory, by name, and a description. For the same rank of as many to read, on the same kind of machine.
/// Every dataset has a checksum in the description, which has one itself; the attribute `complete` is written
/// last. By one rank alone, all of it.
namespace fleetsne::io {

struct NamedBytes {
  std::string name;
  std::span<const std::byte> bytes;
};

/// Where the bytes of that name go.
struct BytesToFill {
  std::string name;
  std::span<std::byte> bytes;
};

/// Writes the file whole or not at all.
/// @param about  anything; comes back as it is
/// @note Throws IoError.
void write_part(const std::string& path, std::span<const NamedBytes> parts, const nlohmann::json& about);

/// What such a file says of itself.
struct PartHeader {
  std::string path;
  nlohmann::json about;  ///< as it was given
  struct Array {
    std::string name;
    std::int64_t bytes = 0;
    std::string digest;
  };
  std::vector<Array> arrays;

  std::int64_t bytes() const;
};

/// Looks at the file: whether it is one, of a version that is known, and complete. Throws InputError.
PartHeader inspect_part(const std::string& path);

/// Reads what is asked for. Throws InputError, also if it is not of that size or does not fit its checksum.
void read_part(const PartHeader& header, std::span<const BytesToFill> parts);

/// Reads all and throws InputError if anything does not fit its checksum; keeps nothing.
void verify_part(const PartHeader& header);

}  // namespace fleetsne::io
