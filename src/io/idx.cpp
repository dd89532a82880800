#include "fleetsne/base/error.hpp"
#include "fleetsne/io/array_file.hpp"

#include <fmt/format.h>

#include <array>

namespace fleetsne::io {
namespace {

/// The type byte of an IDX file; false if there is no such type.
bool element_type_of(unsigned code, ElementType& type) {
  switch (code) {
    case 0x08:
      type = {ElementKind::unsigned_integer, 1, true};
      return true;
    case 0x09:
      type = {ElementKind::signed_integer, 1, true};
      return true;
    case 0x0b:
      type = {ElementKind::signed_integer, 2, true};
      return true;
    case 0x0c:
      type = {ElementKind::signed_integer, 4, true};
      return true;
    case 0x0d:
      type = {ElementKind::floating, 4, true};
      return true;
    case 0x0e:
      type = {ElementKind::floating, 8, true};
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_idx(std::span<const std::byte> begin) {
  ElementType type;
  return begin.size() >= 4 && begin[0] == std::byte{0} && begin[1] == std::byte{0} &&
         element_type_of(std::to_integer<unsigned>(begin[2]), type) && begin[3] != std::byte{0};
}

ArrayLayout read_idx_header(ByteStream& stream) {
  std::array<std::byte, 4> magic;
  stream.read_at(0, magic);
  ArrayLayout layout;
  element_type_of(std::to_integer<unsigned>(magic[2]), layout.type);
  layout.dimensions = std::to_integer<int>(magic[3]);
  layout.data_offset = 4 + 4 * layout.dimensions;
  layout.columns = 1;
  layout.fills_file = true;
  const std::int64_t bound = stream.size_bound();
  for (int d = 0; d < layout.dimensions; ++d) {
    std::array<std::byte, 4> bytes;
    stream.read_at(4 + 4 * d, bytes);
    std::int64_t extent = 0;
    for (const std::byte b : bytes) extent = extent * 256 + std::to_integer<std::int64_t>(b);
    if (d == 0) {
      layout.rows = extent;
    } else if (__builtin_mul_overflow(layout.columns, extent, &layout.columns)) {
      layout.columns = bound + 1;  // more than any file holds; refused by the caller's size check
    }
  }
  return layout;
}

}  // namespace fleetsne::io
