#pragma once

#include "memory_bandwidth.hpp"
#include "peak_flops.hpp"
#include <benchmark/benchmark.h>

namespace fleetsne::bench {

/// What a run of a kernel takes at least.
struct Work {
  double flops = 0;      ///< float32, of this many threads
  double bytes = 0;      ///< read and written
  double footprint = 0;  ///< bytes of memory that they lie in, which decides the cache that they come from
  int threads = 1;
};

/// Counter of_limit: the share of a run's time that its work takes at the machine's best, which is the peak
/// rate of multiply-adds or the bandwidth of memory, whichever takes longer; the label tells which.
inline void report_share(benchmark::State& state, double seconds, const Work& work) {
  const double computing = work.flops / peak_flops(work.threads);
  const double moving =
      work.bytes > 0 ? work.bytes / memory_bandwidth(static_cast<std::int64_t>(work.footprint)) : 0;
  const bool computes = computing > moving;
  state.counters["of_limit"] = (computes ? computing : moving) / seconds;
  state.SetLabel(computes ? "limit: multiply-adds" : "limit: bytes");
}

}  // namespace fleetsne::bench
