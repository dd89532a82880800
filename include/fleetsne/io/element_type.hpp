#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fleetsne::io {

enum class ElementKind : int { boolean, signed_integer, unsigned_integer, floating };

/// How one number stands in a file: kind, size in bytes (1, 2, 4, 8), byte order.
struct ElementType {
  ElementKind kind = ElementKind::floating;
  int size = 4;
  bool big_endian = false;

  std::size_t bytes() const { return static_cast<std::size_t>(size); }
  bool is_integer() const { return kind != ElementKind::floating; }
  /// Whether float32 cannot hold every number of this type.
  bool wide() const { return size > (is_integer() ? 2 : 4); }
};

/// out[i] = element i of `in` (out.size() elements, in any alignment) as float32 or float64.
void convert(ElementType type, const std::byte* in, std::span<float> out);
void convert(ElementType type, const std::byte* in, std::span<double> out);

/// The same as int64, for integers and booleans only.
void convert(ElementType type, const std::byte* in, std::span<std::int64_t> out);

/// IEEE 754 half precision to single, subnormals, infinities and NaN included.
float half_to_float(std::uint16_t bits);

}  // namespace fleetsne::io
