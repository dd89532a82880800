#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/matrix.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <map>

namespace fleetsne::bench {

/// Bytes a second that all OpenMP threads together read when they read `bytes` bytes over and over: from
/// memory by default, of fewer bytes from the caches that hold them. The best of some passes.
inline double memory_bandwidth(std::int64_t bytes = std::int64_t{1} << 29) {
  static std::map<std::int64_t, double> known;
  double& best = known[bytes];
  if (best > 0) return best;
  constexpr std::int64_t least_read = std::int64_t{1} << 26;  // a pass over less is too short to be timed
  const std::int64_t count = std::max<std::int64_t>(bytes / 8, 1);
  const std::int64_t repeats = std::max<std::int64_t>(least_read / (8 * count), 1);
  base::AlignedVector<std::uint64_t> data(static_cast<std::size_t>(count), 1);
  const std::uint64_t* in = data.data();
  const std::int64_t parts = omp_get_max_threads();
  for (int pass = 0; pass < 5; ++pass) {
    std::uint64_t sum = 0;
    const base::Stopwatch watch;
#pragma omp parallel reduction(+ : sum)
    for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
      std::uint64_t once = 0;
#pragma omp for schedule(static) nowait
      for (std::int64_t part = 0; part < parts; ++part) {
        const std::int64_t end = (part + 1) * count / parts;
#pragma omp simd reduction(+ : once)
        for (std::int64_t i = part * count / parts; i < end; ++i) once += in[i];
      }
      asm volatile("" : "+r"(once) : : "memory");  // or all repeats would be one
      sum += once;
    }
    const double seconds = watch.seconds();
    // Without the sum nothing need be read.
    if (sum == static_cast<std::uint64_t>(count * repeats))
      best = std::max(best, 8.0 * static_cast<double>(count * repeats) / seconds);
  }
  return best;
}

}  // namespace fleetsne::bench
