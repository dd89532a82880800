#include "fleetsne/io/partial_file.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"
#include "fleetsne/io/write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

[[noreturn]] void cannot_write(const std::string& path) {
  const int reason = errno;
  throw base::IoError(
      fmt::format("{} cannot be written ({}). Check the space and permissions there, or name another "
                  "output",
                  path, std::strerror(reason)));
}

/// Sees to it that what was written to a file or folder is on the disk.
void sync(const std::string& path, const std::string& shown, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) cannot_write(shown);
  const int status = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  // Some file systems know no fsync of a folder, and say so.
  if (status != 0 && errno != EINVAL && errno != ENOTSUP) cannot_write(shown);
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Makes an empty file beside `path` under a name that no other has, and returns it. Not mkstemp, whose files
/// only their owner may read: a result has the permissions that the user's umask gives.
std::string make_partial(const std::string& path) {
  const std::filesystem::path whole(path);
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name =
        fmt::format(".{}.{:08x}{:08x}.partial", whole.filename().string(), random(), random());
    std::string partial = (whole.parent_path() / name).string();
    const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      ::close(descriptor);
      return partial;
    }
    if (errno != EEXIST) break;
  }
  cannot_write(path);
}

/// Whether make_partial has made this name, for the file `of` or, if that is empty, for any; or Open MPI one
/// after it, which keeps a shared pointer in NAME-JOB-PROCESS.lock while ranks on several hosts have a file
/// open.
bool is_partial(std::string_view name, std::string_view of) {
  constexpr std::string_view end = ".partial";
  if (const auto tail = name.rfind(".partial-"); tail != std::string_view::npos && name.ends_with(".lock"))
    name = name.substr(0, tail + end.size());
  constexpr std::size_t digits = 16;
  if (name.size() < digits + end.size() + 2 || !name.ends_with(end) || name.front() != '.') return false;
  name.remove_prefix(1);
  name.remove_suffix(end.size());
  const std::string_view random = name.substr(name.size() - digits);
  name.remove_suffix(digits);
  if (random.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  return name.ends_with('.') && (of.empty() || name.substr(0, name.size() - 1) == of);
}

/// @param path   an existing file
/// @param shown  its name in messages: the one it will have
void write_all(const std::string& path, const std::string& shown, std::span<const unsigned char> bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (descriptor < 0) cannot_write(shown);
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), std::min(bytes.size(), transfer_limit()));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      const int reason = errno;
      ::close(descriptor);
      errno = reason;
      cannot_write(shown);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  if (::close(descriptor) != 0) cannot_write(shown);
}

}  // namespace

// Made here, by one rank, so that a folder that takes no file is told of before all ranks open it together.
PartialFile::PartialFile(std::string path) : path_(std::move(path)), partial_path_(make_partial(path_)) {}

PartialFile::~PartialFile() {
  if (!committed_) ::unlink(partial_path_.c_str());
}

void PartialFile::reserve(std::int64_t bytes) {
  const int descriptor = ::open(partial_path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) cannot_write(path_);
  // Not posix_fallocate: where the file system cannot reserve, that writes into every block.
  const int status = bytes > 0 ? ::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) : 0;
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (status != 0 && errno != EOPNOTSUPP && errno != ENOSYS) cannot_write(path_);
}

void PartialFile::commit() {
  sync(partial_path_, path_, O_RDONLY);
  if (std::rename(partial_path_.c_str(), path_.c_str()) != 0) cannot_write(path_);
  committed_ = true;
  sync(folder_of(path_), path_, O_RDONLY | O_DIRECTORY);
}

void remove_partials(const std::string& folder, const std::string& name) {
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator file(folder.empty() ? "." : folder, error), end;
       !error && file != end; file.increment(error))
    if (is_partial(file->path().filename().string(), name)) found.push_back(file->path());
  for (const auto& file : found) std::filesystem::remove(file, error);
}

void write_binary_file(const std::string& path, std::span<const unsigned char> bytes) {
  PartialFile file(path);
  write_all(file.partial_path(), path, bytes);
  file.commit();
}

void write_text_file(const std::string& path, const std::string& text) {
  write_binary_file(path, {reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

}  // namespace fleetsne::io
