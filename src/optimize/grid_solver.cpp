#include "fleetsne/optimize/grid_solver.hpp"

#include <omp.h>

#include <cmath>

namespace fleetsne::optimize {
namespace {

constexpr std::size_t threaded_from_cells = 256 * 256;  // below, waking the threads costs more than they save

}  // namespace

int transform_threads(const GridShape& shape) {
  return shape.padded_cells() >= threaded_from_cells ? omp_get_max_threads() : 1;
}

bool slab_is_faster(const GridShape& shape, int ranks, int threads) {
  if (ranks == 1) return false;
  // Seconds, for a core's FFT at 2 GFlop/s and a network of 5 GB/s and 2 us a message: round figures of a
  // cluster. Threads share a node's network, not its cores.
  constexpr double flops = 2e9, bandwidth = 5e9, latency = 2e-6, bytes_per_value = 4;
  const auto cells = static_cast<double>(shape.padded_cells());
  const double transforms = 2 * 2.5 * cells * std::log2(cells) / (flops * threads);
  const double shared = static_cast<double>(shape.cells()) * bytes_per_value;
  const double reduced = transforms + 2 * shared / bandwidth + 2 * std::log2(ranks) * latency;
  // Two transposes of the half spectrum, and the charges' way to the slabs and back.
  const double moved = (2 * cells * bytes_per_value + 2 * shared) / ranks;
  const double slab = transforms / ranks + moved / bandwidth + 4 * ranks * latency;
  return slab < reduced;
}

}  // namespace fleetsne::optimize
