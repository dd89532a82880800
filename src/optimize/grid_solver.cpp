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
  // Seconds, for a core's transforms at 10 GFlop/s (measured here: 13 in float32) and a network of 5 GB/s and
  // 2 us a message: round figures of a cluster. Threads share a node's network, not its cores.
  constexpr double flops = 1e10, bandwidth = 5e9, latency = 2e-6, bytes_per_value = 4;
  const double rows = shape.rows, columns = shape.columns;
  const double period_down = shape.padded_rows, period_across = shape.padded_columns;
  const double lines_across = 2.5 * rows * period_across * std::log2(period_across);
  const double lines_down = 2.5 * period_across * period_down * std::log2(period_down);
  const double transforms = 2 * (lines_across + lines_down) / (flops * threads);
  const double shared = rows * columns * bytes_per_value;
  const double reduced = transforms + 2 * shared / bandwidth + 2 * std::log2(ranks) * latency;
  // Two transposes of the rows' half spectra, and the charges' way to the slabs and back.
  const double moved = (2 * rows * period_across * bytes_per_value + 2 * shared) / ranks;
  const double slab = transforms / ranks + moved / bandwidth + 6 * ranks * latency;
  return slab < reduced;
}

}  // namespace fleetsne::optimize
