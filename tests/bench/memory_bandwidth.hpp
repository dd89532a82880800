#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/matrix.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace fleetsne::bench {

/// Bytes a second that all OpenMP threads together read from memory: the best of some passes over 512 MB.
inline double memory_bandwidth() {
  static const double bandwidth = [] {
    constexpr std::int64_t count = std::int64_t{1} << 26;
    base::AlignedVector<std::uint64_t> data(count, 1);
    const std::uint64_t* in = data.data();
    double best = 0;
    std::uint64_t total = 0;
    for (int pass = 0; pass < 5; ++pass) {
      const base::Stopwatch watch;
      std::uint64_t sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
      for (std::int64_t i = 0; i < count; ++i) sum += in[i];
      total += sum;
      best = std::max(best, 8.0 * static_cast<double>(count) / watch.seconds());
    }
    return total > 0 ? best : 0;
  }();
  return bandwidth;
}

}  // namespace fleetsne::bench
