#include "fleetsne/io/shared_file.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/comm/patience.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fleetsne::io {

SharedFile::SharedFile(const comm::Communicator& comm, const std::string& path, std::string shown)
    : comm_(comm), shown_(std::move(shown)) {
  // Open MPI's collective open does not return on the others if one rank finds no such file (a folder of its
  // own node), so every rank finds it by itself first.
  comm::agree(comm_, [&] { expect_writable(path); });
  const comm::Waiting waiting;
  comm::agree(comm_, [&] {
    check(MPI_File_open(comm_.handle(), path.c_str(), MPI_MODE_WRONLY, MPI_INFO_NULL, &file_));
  });
}

SharedFile::~SharedFile() {
  const comm::Waiting waiting;
  if (file_ != MPI_FILE_NULL) MPI_File_close(&file_);
}

void SharedFile::write_at(std::int64_t offset, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t now = std::min(bytes.size() - at, transfer_limit());
    MPI_Status status;
    check(MPI_File_write_at(file_, offset + static_cast<std::int64_t>(at), bytes.data() + at,
                            static_cast<int>(now), MPI_BYTE, &status));
    int written = 0;
    MPI_Get_count(&status, MPI_BYTE, &written);
    if (static_cast<std::size_t>(written) != now) {
      throw base::IoError(fmt::format(
          "{} cannot be written ({} of {} bytes were taken). Check the space there", shown_, written, now));
    }
    at += now;
  }
}

void SharedFile::close() {
  const comm::Waiting waiting;
  comm::agree(comm_, [&] { check(MPI_File_sync(file_)); });
  comm::agree(comm_, [&] { check(MPI_File_close(&file_)); });
}

void SharedFile::expect_writable(const std::string& path) const {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    ::close(descriptor);
    return;
  }
  const int reason = errno;
  throw base::IoError(fmt::format(
      "{} cannot be written by rank {} of {} ({}). The output folder must be on a file system that "
      "all ranks share, by the same path; check that, or name another",
      shown_, comm_.rank(), comm_.size(), std::strerror(reason)));
}

void SharedFile::check(int status) const {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  throw base::IoError(
      fmt::format("{} cannot be written ({}). Check the space and permissions there", shown_, text.data()));
}

}  // namespace fleetsne::io
