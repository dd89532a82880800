#pragma once

#include "fleetsne/base/ids.hpp"

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

namespace fleetsne::base {

/// What a random number is drawn for; streams never share numbers.
enum class Stream : std::uint32_t {
  init = 1,
  recall = 2,
  partition = 3,
  routing = 4,
  quality = 5,
  test = 6,
  model = 7,      ///< of generated cells: what they are drawn from
  cell = 8,       ///< one generated cell
  negatives = 9,  ///< negative samples of UMAP
  spectral = 10,  ///< start of the search for eigenvectors
  sample = 11,    ///< rows that are embedded first
};

/// Counter-based random numbers: the value depends on seed, stream, global id and draw alone, so it is the
/// same whichever rank or thread asks.                          [Salmon et al. 2011, Philox4x32-10]
class Random {
 public:
  Random(std::uint64_t seed, Stream stream) : seed_(seed), stream_(static_cast<std::uint32_t>(stream)) {}

  /// 128 uniform bits for draw number `draw` of row `id`. bits() of the same draw are the first two words.
  std::array<std::uint32_t, 4> words(GlobalIndex id, std::uint32_t draw = 0) const {
    const auto u = static_cast<std::uint64_t>(id);
    const r123::Philox4x32::ctr_type counter{
        {static_cast<std::uint32_t>(u), static_cast<std::uint32_t>(u >> 32), draw, stream_}};
    const r123::Philox4x32::key_type key{
        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
    const auto out = r123::Philox4x32{}(counter, key);
    return {out[0], out[1], out[2], out[3]};
  }
  /// 64 uniform bits for draw number `draw` of row `id`.
  std::uint64_t bits(GlobalIndex id, std::uint32_t draw = 0) const {
    const auto out = words(id, draw);
    return (static_cast<std::uint64_t>(out[1]) << 32) | out[0];
  }
  /// Uniform in (0, 1).
  double uniform(GlobalIndex id, std::uint32_t draw = 0) const {
    return (static_cast<double>(bits(id, draw) >> 11) + 0.5) * 0x1.0p-53;
  }
  /// Two independent standard normal values.                   [Box & Muller 1958]
  std::pair<double, double> normal_pair(GlobalIndex id, std::uint32_t draw = 0) const {
    const double radius = std::sqrt(-2.0 * std::log(uniform(id, 2 * draw)));
    const double angle = 2.0 * std::numbers::pi * uniform(id, 2 * draw + 1);
    return {radius * std::cos(angle), radius * std::sin(angle)};
  }
  /// Four independent standard normal values in single precision from the words of one draw; none is beyond
  /// 6.8. A third of normal_pair's time a value.                     [Box & Muller 1958]
  std::array<float, 4> four_normals(GlobalIndex id, std::uint32_t draw = 0) const {
    const auto uniform_from = [](std::uint32_t word) {
      return (static_cast<float>(word) + 0.5f) * 0x1.0p-32f;  // in (0, 1]
    };
    const auto word = words(id, draw);
    std::array<float, 4> result{};
    for (std::size_t half = 0; half < 4; half += 2) {
      const float radius = std::sqrt(-2.0f * std::log(uniform_from(word[half])));
      const float angle = 2.0f * std::numbers::pi_v<float> * uniform_from(word[half + 1]);
      result[half] = radius * std::cos(angle);
      result[half + 1] = radius * std::sin(angle);
    }
    return result;
  }

 private:
  std::uint64_t seed_;
  std::uint32_t stream_;
};

}  // namespace fleetsne::base
