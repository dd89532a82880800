#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/shared_file.hpp"
#include "fleetsne/io/write.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace fleetsne::io {
namespace {

/// Magic, version 1.0, header length, and the dictionary padded with blanks to a multiple of 64.
std::string npy_header(std::int64_t rows, std::size_t columns) {
  std::string dictionary =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  constexpr std::size_t preamble = 10;
  dictionary.append(63 - (preamble + dictionary.size()) % 64, ' ');
  dictionary += '\n';
  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\0';
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

}  // namespace

void write_npy(const comm::Communicator& comm, const std::string& path, const data::RowDistribution& rows,
               base::MatrixView<const float> values) {
  const std::string header = npy_header(rows.total(), values.columns());
  const auto row_bytes = static_cast<std::int64_t>(values.columns() * sizeof(float));
  const auto header_bytes = static_cast<std::int64_t>(header.size());
  std::optional<PartialFile> partial;
  std::string partial_path;
  comm::on_root(comm, [&] {
    partial.emplace(path);
    partial_path = partial->partial_path();
    partial->reserve(header_bytes + rows.total() * row_bytes);
  });
  partial_path = comm.broadcast(partial_path, 0);
  SharedFile file(comm, partial_path, path);
  comm::agree(comm, [&] {
    if (comm.rank() == 0) file.write_at(0, std::as_bytes(std::span(header)));
    file.write_rows_at(header_bytes + rows.begin(comm.rank()) * row_bytes, values);
  });
  file.close();
  comm::on_root(comm, [&] { partial->commit(); });
}

}  // namespace fleetsne::io
