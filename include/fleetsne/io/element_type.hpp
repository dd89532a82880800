#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fleetsne::io {

enum class ElementKind : int {
  boolean,
  signed_integer,
  unsigned_integer,
  floating,
  utf32,  ///< text of a fixed number of letters
  bytes   ///< text of a fixed number of bytes
};

/// How one element stands in a file: kind, size in bytes (1, 2, 4, 8 for numbers), byte order.
struct ElementType {
  ElementKind kind = ElementKind::floating;
  int size = 4;
  bool big_endian = false;

  std::size_t bytes() const { return static_cast<std::size_t>(size); }
  bool is_text() const { return kind == ElementKind::utf32 || kind == ElementKind::bytes; }
  bool is_integer() const { return kind != ElementKind::floating && !is_text(); }
  /// Whether float32 cannot hold every number of this type.
  bool wide() const { return size > (is_integer() ? 2 : 4); }
};

/// out[i] = element i of `in` (out.size() elements, in any alignment) as float32 or float64.
void convert(ElementType type, const std::byte* in, std::span<float> out);
void convert(ElementType type, const std::byte* in, std::span<double> out);

/// The same as int64, for integers and booleans only.
void convert(ElementType type, const std::byte* in, std::span<std::int64_t> out);

/// The same as text, for text only.
void convert(ElementType type, const std::byte* in, std::span<std::string> out);

/// Text of fixed length, zeros at its end left out, as valid UTF-8: what is not text becomes U+FFFD.
std::string text_of_utf32(std::span<const std::byte> text, bool big_endian);
std::string text_of_bytes(std::span<const std::byte> text);

/// IEEE 754 half precision to single, subnormals, infinities and NaN included.
float half_to_float(std::uint16_t bits);

}  // namespace fleetsne::io
