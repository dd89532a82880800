#include "fleetsne/io/array_file.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

namespace fleetsne::io {
namespace {

/// The reader of the last row sees to it that the file ends there; unpacking a gzip file to its end also
/// checks the sum that it carries.
void expect_end(ByteStream& stream, const ArrayLayout& layout) {
  std::byte more;
  const std::int64_t end = layout.data_offset + layout.rows * layout.row_bytes();
  if (stream.read_some(end, std::span(&more, 1)) == 0 || !layout.fills_file) return;
  throw base::InputError(
      fmt::format("{} continues after its last row ({} x {} elements of {} bytes in its header). It is "
                  "damaged: copy it or make it again",
                  stream.path(), layout.rows, layout.columns, layout.type.size));
}

/// Elements are converted by so many bytes, which a core's cache holds between the file and the result.
constexpr std::size_t converted_at_once = std::size_t{1} << 20;

std::size_t rows_converted_at_once(std::size_t row_bytes) {
  return std::min(rows_per_transfer(row_bytes), std::max<std::size_t>(1, converted_at_once / row_bytes));
}

/// Whether elements are stored as they are in memory.
template <class T>
bool is_stored_as(ElementType type) {
  return std::is_floating_point_v<T> && !type.is_integer() && type.bytes() == sizeof(T) && !type.big_endian;
}

/// Reads `out.size()` elements from `offset` on.
template <class T>
void read_elements(ByteStream& stream, ElementType type, std::int64_t offset, std::span<T> out,
                   std::vector<std::byte>& buffer) {
  if (is_stored_as<T>(type)) return stream.read_at(offset, std::as_writable_bytes(out));
  const std::size_t step = rows_converted_at_once(type.bytes());
  for (std::size_t at = 0; at < out.size(); at += step) {
    const std::size_t now = std::min(step, out.size() - at);
    buffer.resize(now * type.bytes());
    stream.read_at(offset + static_cast<std::int64_t>(at * type.bytes()), buffer);
    convert(type, buffer.data(), out.subspan(at, now));
  }
}

/// Throws unless the length that stands before a row is that of all.
void expect_length(const ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex row,
                   const std::byte* prefix) {
  std::int32_t length = 0;
  if (layout.row_prefix == 0) return;
  std::memcpy(&length, prefix, sizeof(length));
  if (length == layout.columns) return;
  throw base::InputError(
      fmt::format("{}: row {}, counted from 0, has {} values, the first has {} (all rows need as many). It "
                  "is damaged, or "
                  "no matrix: make it anew",
                  stream.path(), row, length, layout.columns));
}

template <class T>
void read_row_major(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                    base::MatrixView<T> out) {
  const auto prefix = static_cast<std::size_t>(layout.row_prefix);
  const auto row_bytes = static_cast<std::size_t>(layout.row_bytes());
  std::vector<std::byte> buffer;
  if (prefix == 0 && out.stride() == out.columns()) {  // one long row, so to say
    const std::span<T> all(out.data(), out.rows() * out.columns());
    return read_elements(stream, layout.type, layout.data_offset + first * layout.row_bytes(), all, buffer);
  }
  const std::size_t step = rows_converted_at_once(row_bytes);
  for (std::size_t at = 0; at < out.rows(); at += step) {
    const std::size_t now = std::min(step, out.rows() - at);
    const base::GlobalIndex row = first + static_cast<base::GlobalIndex>(at);
    const std::int64_t offset = layout.data_offset + row * layout.row_bytes();
    if (now == 1) {  // perhaps longer than the limit
      buffer.resize(prefix);
      stream.read_at(offset, buffer);
      expect_length(stream, layout, row, buffer.data());
      read_elements(stream, layout.type, offset + layout.row_prefix, out.row(at), buffer);
      continue;
    }
    buffer.resize(now * row_bytes);
    stream.read_at(offset, buffer);
    for (std::size_t i = 0; i < now; ++i) {
      const std::byte* const stored = buffer.data() + i * row_bytes;
      expect_length(stream, layout, row + static_cast<base::GlobalIndex>(i), stored);
      convert(layout.type, stored + prefix, out.row(at + i));
    }
  }
}

template <class T>
void read_column_major(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                       base::MatrixView<T> out) {
  std::vector<std::byte> buffer;
  std::vector<T> column(out.rows());
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
  const bool overflow = __builtin_mul_overflow(layout.columns, std::int64_t{layout.type.size}, &bytes) ||
                        __builtin_add_overflow(bytes, layout.row_prefix, &bytes) ||
                        __builtin_mul_overflow(bytes, layout.rows, &bytes) ||
                        __builtin_add_overflow(bytes, layout.data_offset, &bytes);
  if (overflow || bytes > stream.size_bound()) {
    throw base::InputError(
        fmt::format("{} ends too early (its header promises {} x {} elements of {} bytes, which the file "
                    "cannot hold). It is "
                    "truncated: copy or make it anew",
                    stream.path(), layout.rows, layout.columns, layout.type.size));
  }
}

template <class T>
void read_array_rows(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                     base::MatrixView<T> out) {
  if (out.rows() == 0) return;
  if (layout.column_major) {
    read_column_major(stream, layout, first, out);
  } else {
    read_row_major(stream, layout, first, out);
  }
  if (first + static_cast<base::GlobalIndex>(out.rows()) == layout.rows) expect_end(stream, layout);
}

template void read_array_rows(ByteStream&, const ArrayLayout&, base::GlobalIndex, base::MatrixView<float>);
template void read_array_rows(ByteStream&, const ArrayLayout&, base::GlobalIndex, base::MatrixView<double>);

template <class T>
void read_array_column(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                       std::span<T> out) {
  if (out.empty()) return;
  read_row_major(stream, layout, first, base::MatrixView<T>(out.data(), out.size(), 1, 1));
  if (first + static_cast<base::GlobalIndex>(out.size()) == layout.rows) expect_end(stream, layout);
}

template void read_array_column(ByteStream&, const ArrayLayout&, base::GlobalIndex, std::span<double>);
template void read_array_column(ByteStream&, const ArrayLayout&, base::GlobalIndex, std::span<std::int64_t>);
template void read_array_column(ByteStream&, const ArrayLayout&, base::GlobalIndex, std::span<std::string>);

}  // namespace fleetsne::io
