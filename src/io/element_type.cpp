#include "fleetsne/io/element_type.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/error.hpp"

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

}  // namespace fleetsne::io
