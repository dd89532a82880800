#include "fleetsne/base/error.hpp"
#include "fleetsne/io/array_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace fleetsne::io {
namespace {

constexpr std::int64_t number_bytes = 4;  // of a row's length, or of an extent

/// How a file of vectors is laid out, which its name alone tells.
struct Kind {
  const char* suffix;
  ElementType type;
  bool lengths;  ///< every row begins with its length; else the file begins with rows and columns
};

constexpr std::array<Kind, 6> kinds{{
    {".fvecs", {ElementKind::floating, 4, false}, true},
    {".bvecs", {ElementKind::unsigned_integer, 1, false}, true},
    {".ivecs", {ElementKind::signed_integer, 4, false}, true},
    {".fbin", {ElementKind::floating, 4, false}, false},
    {".u8bin", {ElementKind::unsigned_integer, 1, false}, false},
    {".i8bin", {ElementKind::signed_integer, 1, false}, false},
}};

constexpr std::string_view crop_mark = ".crop_nb_";

/// The rows that a name says a file was cut to, as those of big-ann-benchmarks do.
std::optional<std::int64_t> cropped_rows(const std::string& path) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  if (!suffix.starts_with(crop_mark)) return std::nullopt;
  std::int64_t rows = 0;
  const char* const end = suffix.data() + suffix.size();
  const auto read = std::from_chars(suffix.data() + crop_mark.size(), end, rows);
  if (read.ec != std::errc() || read.ptr != end || rows < 1) return std::nullopt;
  return rows;
}

const Kind* kind_of(const std::string& path) {
  std::filesystem::path name(path);
  if (name.extension() == ".gz" || cropped_rows(path)) name.replace_extension();
  const std::string suffix = name.extension().string();
  const auto* const found =
      std::ranges::find_if(kinds, [&](const Kind& kind) { return suffix == kind.suffix; });
  return found == kinds.end() ? nullptr : found;
}

std::uint32_t number_at(ByteStream& stream, std::int64_t offset) {
  std::uint32_t number = 0;  // little-endian, as is the machine (element_type.cpp)
  stream.read_at(offset, std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

/// Bytes of the file, unpacked to its end if that is what it takes.
std::int64_t count_bytes(ByteStream& stream) {
  if (!stream.packed()) return stream.size_bound();
  std::vector<std::byte> dropped(std::size_t{1} << 18);
  std::int64_t at = number_bytes;
  for (std::size_t read = dropped.size(); read == dropped.size();) {
    read = stream.read_some(at, dropped);
    at += static_cast<std::int64_t>(read);
  }
  return at;
}

/// Rows are as many as fit into the file: the first says how long they are.
void measure_rows(ByteStream& stream, ArrayLayout& layout) {
  layout.row_prefix = number_bytes;
  const auto length = static_cast<std::int32_t>(number_at(stream, 0));
  if (length < 1) {
    throw base::InputError(fmt::format(
        "{} cannot be read (its first row has {} values, so its first 4 bytes say). Check how it was "
        "made",
        stream.path(), length));
  }
  layout.columns = length;
  const std::int64_t row_bytes = layout.row_bytes(), bytes = count_bytes(stream);
  layout.rows = bytes / row_bytes;
  if (bytes % row_bytes == 0) return;
  throw base::InputError(fmt::format(
      "{} is no whole number of rows ({} bytes; a row of {} values, as the first has, takes {}). It is "
      "truncated, or its rows differ in length: copy or make it anew",
      stream.path(), bytes, length, row_bytes));
}

/// The header may still say how many rows there were.
void crop(const ByteStream& stream, ArrayLayout& layout, std::int64_t rows) {
  if (layout.rows < rows)
    throw base::InputError(fmt::format(
        "{} has {} rows, so its header says (its name says that it was cut to {}). Download it again",
        stream.path(), layout.rows, rows));
  layout.rows = rows;
}

}  // namespace

bool is_vectors(const std::string& path) {
  return kind_of(path) != nullptr;
}

ArrayLayout read_vectors_header(ByteStream& stream) {
  const Kind& kind = *kind_of(stream.path());
  ArrayLayout layout;
  layout.type = kind.type;
  layout.dimensions = 2;
  layout.fills_file = true;
  if (kind.lengths) {
    measure_rows(stream, layout);
  } else {
    layout.rows = number_at(stream, 0);
    layout.columns = number_at(stream, number_bytes);
    layout.data_offset = 2 * number_bytes;
    if (const auto cropped = cropped_rows(stream.path())) crop(stream, layout, *cropped);
  }
  return layout;
}

}  // namespace fleetsne::io
