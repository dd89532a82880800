#include "fleetsne/io/npy_file.hpp"

#include "fleetsne/comm/agreement.hpp"

#include <fmt/format.h>

#include <string>

namespace fleetsne::io {
namespace {

/// Magic, version 1.0, header length, and the dictionary padded with blanks to a multiple of 64.
std::string npy_header(const NpyShape& shape) {
  const char* element = shape.element == NpyShape::Element::float32 ? "<f4" : "<i4";
  const std::string extents =
      shape.flat ? fmt::format("({},)", shape.rows) : fmt::format("({}, {})", shape.rows, shape.columns);
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", element, extents);
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

NpyFile::NpyFile(const comm::Communicator& comm, const std::string& path, const NpyShape& shape)
    : comm_(comm), shape_(shape) {
  FLEETSNE_EXPECT(!shape.flat || shape.columns == 1);
  static_assert(sizeof(float) == sizeof(std::int32_t));
  const std::string header = npy_header(shape);
  header_bytes_ = static_cast<std::int64_t>(header.size());
  std::string partial_path;
  comm::on_root(comm, [&] {
    partial_.emplace(path);
    partial_path = partial_->partial_path();
    partial_->reserve(header_bytes_ + shape.rows * static_cast<std::int64_t>(shape.columns * sizeof(float)));
  });
  partial_path = comm.broadcast(partial_path, 0);
  file_.emplace(comm, partial_path, path);
  comm::on_root(comm, [&] { file_->write_at(0, std::as_bytes(std::span(header))); });
}

void NpyFile::commit() {
  file_->close();
  comm::on_root(comm_, [&] { partial_->commit(); });
}

}  // namespace fleetsne::io
