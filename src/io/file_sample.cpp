#include "fleetsne/io/file_sample.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace fleetsne::io {
namespace {

constexpr std::uintmax_t pieces = 256, piece_bytes = 4096;

}  // namespace

std::uint64_t file_sample(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return 0;  // a pipe would be waited for
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return 0;
  const bool whole = size <= pieces * piece_bytes;
  std::vector<char> bytes(static_cast<std::size_t>(std::min(size, pieces * piece_bytes)));
  for (std::uintmax_t p = 0; p < (whole ? 1 : pieces); ++p) {
    const std::uintmax_t length = whole ? size : piece_bytes, last = size - length;
    // The last piece ends where the file does; the quotient first, for there are files of exabytes on paper.
    const std::uintmax_t begin = whole ? 0 : last / (pieces - 1) * p + last % (pieces - 1) * p / (pieces - 1);
    file.seekg(static_cast<std::streamoff>(begin));
    file.read(bytes.data() + p * piece_bytes, static_cast<std::streamsize>(length));
    if (!file) return 0;
  }
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), size);
}

}  // namespace fleetsne::io
