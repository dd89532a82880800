#include "fleetsne/io/array_file.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace fleetsne::io {
namespace {

std::int64_t data_bytes(const ArrayLayout& layout) {
  return layout.rows * layout.columns * layout.type.size;
}

/// The reader of the last row sees to it that the file ends there; unpacking a gzip file to its end also
/// checks the sum that it carries.
void expect_end(ByteStream& stream, const ArrayLayout& layout) {
  std::byte more;
  const std::int64_t end = layout.data_offset + data_bytes(layout);
  if (stream.read_some(end, std::span(&more, 1)) == 0 || !layout.fills_file) return;
  throw base::InputError(
      fmt::format("{} goes on after its last row ({} x {} elements of {} bytes in its header). It is "
                  "damaged: copy or make it anew",
                  stream.path(), layout.rows, layout.columns, layout.type.size));
}

/// Reads `out.size()` elements from `offset` on in bounded pieces, each handed to `take(piece, first
/// element)`.
template <class T>
void read_elements(ByteStream& stream, ElementType type, std::int64_t offset, std::span<T> out,
                   std::vector<std::byte>& buffer) {
  const std::size_t step = rows_per_transfer(type.bytes());
  for (std::size_t at = 0; at < out.size(); at += step) {
    const std::size_t now = std::min(step, out.size() - at);
    buffer.resize(now * type.bytes());
    stream.read_at(offset + static_cast<std::int64_t>(at * type.bytes()), buffer);
    convert(type, buffer.data(), out.subspan(at, now));
  }
}

void read_row_major(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                    base::MatrixView<float> out) {
  const std::size_t row_bytes = out.columns() * layout.type.bytes();
  const std::size_t step = rows_per_transfer(row_bytes);
  std::vector<std::byte> buffer;
  for (std::size_t at = 0; at < out.rows(); at += step) {
    const std::size_t now = std::min(step, out.rows() - at);
    const std::int64_t offset =
        layout.data_offset + (first + static_cast<std::int64_t>(at)) * static_cast<std::int64_t>(row_bytes);
    if (now == 1) {  // perhaps longer than the limit
      read_elements(stream, layout.type, offset, out.row(at), buffer);
      continue;
    }
    buffer.resize(now * row_bytes);
    stream.read_at(offset, buffer);
    for (std::size_t i = 0; i < now; ++i)
      convert(layout.type, buffer.data() + i * row_bytes, out.row(at + i));
  }
}

void read_column_major(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                       base::MatrixView<float> out) {
  std::vector<std::byte> buffer;
  std::vector<float> column(out.rows());
  for (std::size_t j = 0; j < out.columns(); ++j) {
    const std::int64_t element = static_cast<std::int64_t>(j) * layout.rows + first;
    read_elements(stream, layout.type, layout.data_offset + element * layout.type.size, std::span(column),
                  buffer);
    for (std::size_t i = 0; i < out.rows(); ++i) out(i, j) = column[i];
  }
}

}  // namespace

void expect_holds_data(const ByteStream& stream, const ArrayLayout& layout) {
  if (layout.rows == 0 || layout.columns == 0) {
    throw base::InputError(fmt::format("{} holds no data (its header says {} x {}). Check how it was made",
                                       stream.path(), layout.rows, layout.columns));
  }
  std::int64_t bytes = 0;
  const bool overflow = __builtin_mul_overflow(layout.rows, layout.columns, &bytes) ||
                        __builtin_mul_overflow(bytes, std::int64_t{layout.type.size}, &bytes) ||
                        __builtin_add_overflow(bytes, layout.data_offset, &bytes);
  if (overflow || bytes > stream.size_bound()) {
    throw base::InputError(
        fmt::format("{} ends too early (its header promises {} x {} elements of {} bytes, which the file "
                    "cannot hold). It is "
                    "truncated: copy or make it anew",
                    stream.path(), layout.rows, layout.columns, layout.type.size));
  }
}

void read_array_rows(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                     base::MatrixView<float> out) {
  if (out.rows() == 0) return;
  (layout.column_major ? read_column_major : read_row_major)(stream, layout, first, out);
  if (first + static_cast<base::GlobalIndex>(out.rows()) == layout.rows) expect_end(stream, layout);
}

void read_array_integers(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                         std::span<std::int64_t> out) {
  if (out.empty()) return;
  std::vector<std::byte> buffer;
  read_elements(stream, layout.type, layout.data_offset + first * layout.type.size, out, buffer);
  if (first + static_cast<base::GlobalIndex>(out.size()) == layout.rows) expect_end(stream, layout);
}

}  // namespace fleetsne::io
