#pragma once

#include "fleetsne/io/hdf5.hpp"

#include "target.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// HDF5 files of this program, made of a fuzzer's bytes so that their checksums are right: what checksums
/// vouch for need not make sense, and flipped bits alone would never come that far.
namespace fleetsne::fuzz {

/// Cuts bytes into parts, each told by two bytes of length.
class Parts {
 public:
  explicit Parts(Bytes bytes) : rest_(bytes) {}
  std::uint8_t byte();
  Bytes next();
  bool at_end() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

/// A file that is being made; path() closes it.
class OwnFile {
 public:
  explicit OwnFile(const std::string& name);
  void attribute(const char* name, std::uint64_t value);
  /// The JSON text that says what the file is, with its checksum.
  void description(Bytes text);
  /// Rows of `columns` elements (0: of one dimension), as many as the bytes are good for.
  void dataset(const char* name, hid_t type, std::size_t columns, Bytes bytes);
  std::string path();
  /// Opens it again, for more.
  void reopen();

 private:
  std::string path_;
  io::hdf5::Guard guard_;
  io::hdf5::Handle file_;
};

}  // namespace fleetsne::fuzz
