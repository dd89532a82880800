#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// A file that all ranks write together, each its own part, through MPI-IO. No write is a collective call: in
/// one, a rank that finds the disk full leaves the others waiting for ever (Open MPI 4.1, and parallel HDF5
/// on top of it). Making and destroying one is collective, so whatever throws while it is open must throw on
/// all ranks.
class SharedFile {
 public:
  /// @param path   an existing file, which all ranks must find by this path
  /// @param shown  its name in messages
  /// @note Collective. Throws IoError on all ranks, also if only one does not find the file.
  SharedFile(const comm::Communicator& comm, const std::string& path, std::string shown);
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  /// Writes bytes, at most transfer_limit() in one call. By this rank alone; throws IoError.
  void write_at(std::int64_t offset, std::span<const std::byte> bytes);

  /// Writes rows without their padding, one behind the other from `offset` on. By this rank alone; throws
  /// IoError.
  template <class T>
  void write_rows_at(std::int64_t offset, base::MatrixView<const T> rows) {
    const std::size_t columns = rows.columns();
    const std::size_t step = rows_per_transfer(columns * sizeof(T));
    std::vector<T> packed;
    for (std::size_t at = 0; at < rows.rows(); at += step) {
      const std::size_t now = std::min(step, rows.rows() - at);
      packed.resize(now * columns);
      for (std::size_t i = 0; i < now; ++i) {
        std::copy_n(rows.row(at + i).data(), columns, packed.data() + i * columns);
      }
      write_at(offset + static_cast<std::int64_t>(at * columns * sizeof(T)),
               std::as_bytes(std::span(packed)));
    }
  }

  /// What all ranks have written reaches the file system, and the file is closed. Collective; throws on all
  /// ranks.
  void close();

 private:
  void expect_writable(const std::string& path) const;
  void check(int status) const;

  const comm::Communicator& comm_;
  std::string shown_;
  MPI_File file_ = MPI_FILE_NULL;
};

}  // namespace fleetsne::io
