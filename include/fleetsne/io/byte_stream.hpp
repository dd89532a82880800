#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace fleetsne::io {

/// The bytes of a file, read by this rank alone; of a gzip file, the bytes that it holds compressed (which
/// has no seek: what lies before an offset is unpacked and dropped, in bounded buffers).
class ByteStream {
 public:
  /// Opens a regular file; gzip is known by its first bytes, not by its name. Throws InputError.
  static std::unique_ptr<ByteStream> open(const std::string& path);
  /// The same, but what is gzip stays compressed.
  static std::unique_ptr<ByteStream> open_as_stored(const std::string& path);

  explicit ByteStream(std::string path) : path_(std::move(path)) {}
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  const std::string& path() const { return path_; }

  /// Fills `out` from `offset` on. Offsets must ascend from call to call. Throws InputError if the file ends
  /// before, or its compressed form is damaged.
  virtual void read_at(std::int64_t offset, std::span<std::byte> out) = 0;

  /// As read_at, but at the end of the file only so many bytes as there are; returns how many.
  virtual std::size_t read_some(std::int64_t offset, std::span<std::byte> out) = 0;

  /// No more than this many bytes can be read (for a plain file exactly its size), so that sizes from a
  /// header can be judged before memory is taken for them.
  virtual std::int64_t size_bound() const = 0;

  /// Whether what lies before an offset must be unpacked first.
  virtual bool packed() const { return false; }

 private:
  std::string path_;
};

}  // namespace fleetsne::io
