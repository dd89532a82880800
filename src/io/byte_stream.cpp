#include "fleetsne/io/byte_stream.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

/// deflate cannot pack more than this many bytes into one (zlib technical details: 1032:1).
constexpr std::int64_t most_unpacked_per_byte = 1032;

[[noreturn]] void cannot_read(const std::string& path) {
  throw base::InputError(fmt::format("{} cannot be read ({}). Check the path and its permissions",
                                     path.empty() ? "''" : path, std::strerror(errno)));
}

class Descriptor {
 public:
  /// Without O_NONBLOCK a pipe that nobody writes to would never open; a regular file does not care.
  explicit Descriptor(const std::string& path)
      : value_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
    if (value_ < 0) cannot_read(path);
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

/// Size of the regular file behind a descriptor.
std::int64_t checked_size(const std::string& path, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) cannot_read(path);
  if (S_ISDIR(status.st_mode)) {
    throw base::InputError(fmt::format("{} is a directory (an input is one file). Name a file in it", path));
  }
  if (!S_ISREG(status.st_mode)) {
    throw base::InputError(fmt::format(
        "{} is no regular file (every rank reads its own part of it). Save it to a file first", path));
  }
  if (status.st_size == 0) {
    throw base::InputError(fmt::format("{} is empty (0 bytes). Check how it was made", path));
  }
  return status.st_size;
}

class PlainStream : public ByteStream {
 public:
  PlainStream(const std::string& path, Descriptor&& descriptor, std::int64_t size)
      : ByteStream(path), descriptor_(descriptor.release()), size_(size) {}
  ~PlainStream() override { ::close(descriptor_); }

  std::size_t read_some(std::int64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::size_t want = std::min(out.size() - done, transfer_limit());
      const ssize_t got = ::pread(descriptor_, out.data() + done, want,
                                  static_cast<off_t>(offset) + static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) cannot_read(path());
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  void read_at(std::int64_t offset, std::span<std::byte> out) override {
    if (read_some(offset, out) == out.size()) return;
    throw base::InputError(fmt::format(
        "{} ends too early ({} bytes, at least {} are needed). It is truncated: copy or make it anew", path(),
        size_, offset + static_cast<std::int64_t>(out.size())));
  }

  std::int64_t size_bound() const override { return size_; }

 private:
  int descriptor_;
  std::int64_t size_;
};

class GzipStream : public ByteStream {
 public:
  GzipStream(const std::string& path, Descriptor&& descriptor, std::int64_t packed_size)
      : ByteStream(path), packed_size_(packed_size), file_(::gzdopen(descriptor.get(), "rb")) {
    if (file_ == nullptr) cannot_read(path);
    descriptor.release();
    ::gzbuffer(file_, 1u << 18);
  }
  ~GzipStream() override { ::gzclose_r(file_); }

  std::size_t read_some(std::int64_t offset, std::span<std::byte> out) override {
    FLEETSNE_EXPECT(offset >= at_);
    if (skip_to(offset) < offset) return 0;
    return unpack(out);
  }

  void read_at(std::int64_t offset, std::span<std::byte> out) override {
    if (read_some(offset, out) == out.size()) return;
    throw base::InputError(
        fmt::format("{} ends too early ({} bytes unpacked, at least {} are needed). It is truncated: copy or "
                    "make it anew",
                    path(), at_, offset + static_cast<std::int64_t>(out.size())));
  }

  std::int64_t size_bound() const override { return packed_size_ * most_unpacked_per_byte; }
  bool packed() const override { return true; }

 private:
  std::int64_t skip_to(std::int64_t offset) {
    std::vector<std::byte> dropped(
        static_cast<std::size_t>(std::clamp<std::int64_t>(offset - at_, 0, std::int64_t{1} << 18)));
    while (at_ < offset) {
      const auto want = static_cast<std::size_t>(
          std::min<std::int64_t>(offset - at_, static_cast<std::int64_t>(dropped.size())));
      if (unpack(std::span(dropped).first(want)) < want) break;
    }
    return at_;
  }

  /// Unpacks so many bytes as `out` takes, fewer only at the end.
  std::size_t unpack(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::size_t want = std::min(out.size() - done, transfer_limit());
      const int got = ::gzread(file_, out.data() + done, static_cast<unsigned>(want));
      int problem = Z_OK;
      const char* text = ::gzerror(file_, &problem);
      if (got < 0 || problem == Z_BUF_ERROR) {  // Z_BUF_ERROR: the file ends in the middle of its stream
        throw base::InputError(
            fmt::format("{} is a damaged or truncated gzip file ({}). Copy or make it anew", path(),
                        problem == Z_BUF_ERROR ? "unexpected end of file" : text));
      }
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    at_ += static_cast<std::int64_t>(done);
    return done;
  }

  std::int64_t packed_size_;
  gzFile file_;
  std::int64_t at_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> ByteStream::open(const std::string& path) {
  Descriptor descriptor(path);
  const std::int64_t size = checked_size(path, descriptor.get());
  unsigned char magic[2] = {0, 0};
  const bool packed = ::pread(descriptor.get(), magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
  if (packed) return std::make_unique<GzipStream>(path, std::move(descriptor), size);
  return std::make_unique<PlainStream>(path, std::move(descriptor), size);
}

std::unique_ptr<ByteStream> ByteStream::open_as_stored(const std::string& path) {
  Descriptor descriptor(path);
  const std::int64_t size = checked_size(path, descriptor.get());
  return std::make_unique<PlainStream>(path, std::move(descriptor), size);
}

}  // namespace fleetsne::io
