// The search for a row's bandwidth: nanoseconds an edge, and the share of the time that its bytes (read as
// distances, written as weights) take at the memory's bandwidth.
#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/random.hpp"

#include "memory_bandwidth.hpp"
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

namespace fleetsne {
namespace {

void bandwidth_search(benchmark::State& state) {
  const auto k = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t edges = 8'000'000;
  const base::Random random(2, base::Stream::test);
  base::Matrix<float> distances(edges / k, k);
  for (std::size_t i = 0; i < distances.rows(); ++i) {
    for (std::size_t j = 0; j < k; ++j) {
      const double u = random.uniform(static_cast<base::GlobalIndex>(i * k + j));
      distances(i, j) = static_cast<float>(5 + 10 * std::sqrt(u));
    }
    std::ranges::sort(distances.row(i));
  }
  double seconds = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto rows = distances;
    const base::Stopwatch watch;
    base::parallel_for(static_cast<std::int64_t>(rows.rows() / 64), [&](std::int64_t block) {
      for (std::size_t i = 0; i < 64; ++i) {
        affinity::conditional_affinities(rows.row(static_cast<std::size_t>(block) * 64 + i),
                                         static_cast<double>(k) / 3);
      }
    });
    const double once = watch.seconds();
    seconds += once;
    state.SetIterationTime(once);
  }
  const double each = seconds / static_cast<double>(state.iterations()) / static_cast<double>(edges);
  state.counters["ns/edge"] = 1e9 * each;
  state.counters["of_limit"] = 8 / bench::memory_bandwidth() / each;
}

BENCHMARK(bandwidth_search)->Arg(90)->Arg(150)->Arg(1500)->UseManualTime();

}  // namespace
}  // namespace fleetsne
