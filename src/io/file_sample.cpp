#include "fleetsne/io/file_sample.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>
#include <vector>

namespace fleetsne::io {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t pieces = 256, piece_bytes = 4096;

struct SampledFile {
  fs::path path;
  std::uintmax_t begin = 0, bytes = 0;  ///< place among the bytes of all files
};

/// A file, or the files of a folder in the order of their names, as if each began where the one before ends.
class SampledBytes {
 public:
  explicit SampledBytes(const fs::path& path) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) add(path);  // a pipe would be waited for
    if (!fs::is_directory(path, error)) return;
    std::vector<fs::path> found;
    for (auto at = fs::recursive_directory_iterator(path, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error))
      if (std::error_code gone; at->is_regular_file(gone)) found.push_back(at->path());
    std::ranges::sort(found);
    for (const fs::path& file : found) {
      names_ += file.lexically_relative(path).generic_string() + '\n';
      add(file);
    }
    readable_ = readable_ && !error;
  }

  bool readable() const { return readable_ && !files_.empty(); }
  std::uintmax_t bytes() const { return bytes_; }
  /// Of their sizes and, in a folder, their names.
  std::uint64_t seed() const {
    return names_.empty() ? bytes_ : XXH3_64bits_withSeed(names_.data(), names_.size(), bytes_);
  }

  /// Fills `out` from a place on; false if a file cannot be read.
  bool read(std::uintmax_t begin, std::span<char> out) const {
    auto file = std::ranges::upper_bound(files_, begin, {}, &SampledFile::begin) - 1;
    while (!out.empty()) {
      const std::uintmax_t inside = begin - file->begin;
      const auto now = static_cast<std::size_t>(std::min<std::uintmax_t>(file->bytes - inside, out.size()));
      std::ifstream stream(file->path, std::ios::binary);
      stream.seekg(static_cast<std::streamoff>(inside));
      stream.read(out.data(), static_cast<std::streamsize>(now));
      if (!stream) return false;
      out = out.subspan(now);
      begin += now;
      ++file;
    }
    return true;
  }

 private:
  void add(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(path, error);
    readable_ = readable_ && !error;
    if (error) return;
    if (!names_.empty()) names_ += std::to_string(bytes) + '\n';
    files_.push_back({path, bytes_, bytes});
    bytes_ += bytes;
  }

  std::vector<SampledFile> files_;
  std::string names_;
  std::uintmax_t bytes_ = 0;
  bool readable_ = true;
};

}  // namespace

std::uint64_t file_sample(const std::string& path) {
  const SampledBytes sampled(path);
  if (!sampled.readable()) return 0;
  const std::uintmax_t size = sampled.bytes();
  const bool whole = size <= pieces * piece_bytes;
  std::vector<char> bytes(static_cast<std::size_t>(std::min(size, pieces * piece_bytes)));
  for (std::uintmax_t p = 0; p < (whole ? 1 : pieces); ++p) {
    const std::uintmax_t length = whole ? size : piece_bytes, last = size - length;
    // The last piece ends where the file does; the quotient first, for there are files of exabytes on paper.
    const std::uintmax_t begin = whole ? 0 : last / (pieces - 1) * p + last % (pieces - 1) * p / (pieces - 1);
    if (!sampled.read(begin, std::span(bytes).subspan(p * piece_bytes, length))) return 0;
  }
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), sampled.seed());
}

}  // namespace fleetsne::io
