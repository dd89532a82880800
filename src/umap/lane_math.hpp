#pragma once

#include "fleetsne/base/lanes.hpp"

#include <cstddef>
#include <cstdint>

namespace fleetsne::umap {

/// Numbers of one register, and what is computed with them lane by lane.
using Floats = base::Vector<float>;
using Integers = base::Vector<std::int32_t>;

[[gnu::always_inline]] inline Floats all_lanes(float value) {
  return value - Floats{};
}

[[gnu::always_inline]] inline Floats clamp(Floats x, float low, float high) {
  x = x < low ? all_lanes(low) : x;
  return x > high ? all_lanes(high) : x;
}

/// log2(x) for normal x > 0, within 3e-6: the exponent, and a polynomial (fitted by least squares) of the
/// mantissa from sqrt(1/2) to sqrt(2).
[[gnu::always_inline]] inline Floats log2_of(Floats x) {
  const auto bits = reinterpret_cast<Integers>(x);
  const Integers exponent = (bits - 0x3f3504f3) >> 23;  // the bits of sqrt(1/2)
  const Floats t = reinterpret_cast<Floats>(bits - (exponent << 23)) - 1.F;
  Floats p = all_lanes(-0.20527407F);
  p = p * t + 0.32205521F;
  p = p * t - 0.36770157F;
  p = p * t + 0.47932833F;
  p = p * t - 0.72112288F;
  p = p * t + 1.44271565F;
  return __builtin_convertvector(exponent, Floats) + p * t;
}

/// 2^x, within 4e-6 of itself; beyond -126 to 126 that of the nearer end.
[[gnu::always_inline]] inline Floats exp2_of(Floats x) {
  constexpr float to_whole = 12582912.F;  // 1.5 x 2^23: a sum with it has no room for a fraction
  x = clamp(x, -126.F, 126.F);
  const Floats shifted = x + to_whole;
  const auto whole = reinterpret_cast<Integers>(shifted) - 0x4b400000;  // the bits of to_whole
  const Floats rest = x - (shifted - to_whole);
  Floats p = all_lanes(0.00967216F);
  p = p * rest + 0.05592175F;
  p = p * rest + 0.24022228F;
  p = p * rest + 0.69312109F;
  p = p * rest + 1.F;
  return p * reinterpret_cast<Floats>((whole + 127) << 23);
}

}  // namespace fleetsne::umap
