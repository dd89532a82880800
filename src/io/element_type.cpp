#include "fleetsne/io/element_type.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace fleetsne::io {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the conversions below assume a little-endian machine");

template <class T>
T load(const std::byte* in, bool big_endian) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), in, sizeof(T));
  if (big_endian) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

/// Calls use(load of the element's own C++ type) for every element.
template <class Stored, class Out, class Use>
void each(const std::byte* in, bool big_endian, std::span<Out> out, Use&& use) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = use(load<Stored>(in + i * sizeof(Stored), big_endian));
}

template <class Out, class Use>
void each_integer(ElementType type, const std::byte* in, std::span<Out> out, Use&& use) {
  const bool swap = type.big_endian;
  if (type.kind == ElementKind::signed_integer) {
    switch (type.size) {
      case 1:
        return each<std::int8_t>(in, swap, out, use);
      case 2:
        return each<std::int16_t>(in, swap, out, use);
      case 4:
        return each<std::int32_t>(in, swap, out, use);
      default:
        return each<std::int64_t>(in, swap, out, use);
    }
  }
  switch (type.size) {
    case 1:
      return each<std::uint8_t>(in, swap, out, use);
    case 2:
      return each<std::uint16_t>(in, swap, out, use);
    case 4:
      return each<std::uint32_t>(in, swap, out, use);
    default:
      return each<std::uint64_t>(in, swap, out, use);
  }
}

/// T is float or double.
template <class T>
void convert_to_floating(ElementType type, const std::byte* in, std::span<T> out) {
  if (type.is_integer()) return each_integer(type, in, out, [](auto value) { return static_cast<T>(value); });
  switch (type.size) {
    case 2:
      return each<std::uint16_t>(in, type.big_endian, out, half_to_float);
    case 4:
      return each<float>(in, type.big_endian, out, [](float value) { return static_cast<T>(value); });
    default:
      return each<double>(in, type.big_endian, out, [](double value) { return static_cast<T>(value); });
  }
}

constexpr std::size_t utf32_bytes = 4;

void append_utf8(std::string& text, std::uint32_t point) {
  constexpr std::uint32_t replacement = 0xFFFD;
  if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) point = replacement;
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  const auto put_tail = [&](int shift) { put(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put_tail(0);
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put_tail(6);
    put_tail(0);
  } else {
    put(0xF0 | (point >> 18));
    put_tail(12);
    put_tail(6);
    put_tail(0);
  }
}

}  // namespace

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0) {  // zero or subnormal: fraction times 2^-24, exact in single precision
    const float magnitude = static_cast<float>(fraction) * 0x1.0p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 0xffu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

void convert(ElementType type, const std::byte* in, std::span<float> out) {
  convert_to_floating(type, in, out);
}

void convert(ElementType type, const std::byte* in, std::span<double> out) {
  convert_to_floating(type, in, out);
}

void convert(ElementType type, const std::byte* in, std::span<std::int64_t> out) {
  FLEETSNE_EXPECT(type.is_integer());
  each_integer(type, in, out, [](auto value) {
    if constexpr (std::is_same_v<decltype(value), std::uint64_t>) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw base::InputError("a label is an integer beyond 2^63 (labels are categories). Renumber them");
      }
    }
    return static_cast<std::int64_t>(value);
  });
}

void convert(ElementType type, const std::byte* in, std::span<std::string> out) {
  FLEETSNE_EXPECT(type.is_text());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::span<const std::byte> element(in + i * type.bytes(), type.bytes());
    out[i] =
        type.kind == ElementKind::utf32 ? text_of_utf32(element, type.big_endian) : text_of_bytes(element);
  }
}

std::string text_of_utf32(std::span<const std::byte> text, bool big_endian) {
  std::size_t points = text.size() / utf32_bytes;
  const auto point = [&](std::size_t i) { return load<std::uint32_t>(&text[i * utf32_bytes], big_endian); };
  while (points > 0 && point(points - 1) == 0) --points;
  std::string result;
  for (std::size_t i = 0; i < points; ++i) append_utf8(result, point(i));
  return result;
}

std::string text_of_bytes(std::span<const std::byte> text) {
  const std::string_view bytes(reinterpret_cast<const char*>(text.data()), text.size());
  return base::valid_utf8(bytes.substr(0, bytes.find_last_not_of('\0') + 1));
}

}  // namespace fleetsne::io
