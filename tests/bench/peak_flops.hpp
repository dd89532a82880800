#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/lanes.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <map>

namespace fleetsne::bench {

inline constexpr int vector_floats = static_cast<int>(base::register_lanes<float>);

/// Enough that none waits for its last result (five cycles, two a cycle), few enough for 16 registers.
inline constexpr int fma_chains = 12;

/// `steps` multiply-adds of each of the chains, in registers. Returns what keeps them from being left out.
[[gnu::noinline]] inline float multiply_add_in_registers(std::int64_t steps, float factor, float summand) {
  using Vector = base::Vector<float>;
  Vector chains[fma_chains];
  for (int c = 0; c < fma_chains; ++c) chains[c] = Vector{} + static_cast<float>(c);
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (Vector& chain : chains) chain = chain * factor + summand;
  }
  float sum = 0;
  for (const Vector& chain : chains) {
    for (int lane = 0; lane < vector_floats; ++lane) sum += chain[lane];
  }
  return sum;
}

/// Floating-point operations a second of so many threads together in float32, each multiply-add counting as
/// two: the best of some passes over registers alone.
inline double peak_flops(int threads) {
  static std::map<int, double> known;
  double& best = known[threads];
  if (best > 0) return best;
  constexpr std::int64_t steps = 1'000'000;
  constexpr double flops = 2.0 * steps * fma_chains * vector_floats;
  for (int pass = 0; pass < 5; ++pass) {
    float sum = 0;
    const base::Stopwatch watch;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    sum += multiply_add_in_registers(steps, 0.5F, static_cast<float>(pass + 1));
    const double seconds = watch.seconds();
    if (sum >= 0) best = std::max(best, threads * flops / seconds);
  }
  return best;
}

}  // namespace fleetsne::bench
