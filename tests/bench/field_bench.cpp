// The parts of the field on a late embedding: points sorted into the grid's rows, charges spread, transforms
// there and back, forces gathered. Each with its rate and the share of its time that its bytes or its
// multiply-adds take at the machine's best, all OpenMP threads together.
#include "fleetsne/base/random.hpp"
#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/spline.hpp"

#include "binned_points.hpp"
#include "convolution.hpp"
#include "limit.hpp"
#include "point_grid.hpp"
#include <benchmark/benchmark.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace fleetsne::optimize {
namespace {

struct Embedding {
  std::vector<float> positions;  // points x 2
  GridShape shape;
  GridPlacement placement;
  double points() const { return static_cast<double>(positions.size()) / 2; }
};

/// Points in a disc as wide as what 70,000 and a million real ones come to. The points of a patch have
/// numbers in a row, as the partition gives them; the patches are dealt out along a sunflower's spiral.
Embedding late_embedding(std::int64_t points) {
  constexpr double radius = 100;
  constexpr std::int64_t patch_points = 64;
  const double patches = std::ceil(static_cast<double>(points) / patch_points);
  const double spacing = radius * std::sqrt(std::numbers::pi / patches);
  const base::Random random(4, base::Stream::test);
  Embedding result;
  Box box;
  for (std::int64_t i = 0; i < points; ++i) {
    const std::int64_t patch_of_point = i / patch_points;
    const auto patch = static_cast<double>(patch_of_point);
    const double r = radius * std::sqrt((patch + 0.5) / patches);
    const double angle = patch * std::numbers::pi * (3 - std::sqrt(5.0));
    const auto [dx, dy] = random.normal_pair(i);
    const auto x = static_cast<float>(r * std::cos(angle) + spacing / 2 * dx);
    const auto y = static_cast<float>(r * std::sin(angle) + spacing / 2 * dy);
    result.positions.insert(result.positions.end(), {x, y});
    box = {std::min<double>(box.min_x, x), std::max<double>(box.max_x, x), std::min<double>(box.min_y, y),
           std::max<double>(box.max_y, y)};
  }
  result.shape = fitting_grid(box, points, {});
  result.placement = place_grid(result.shape, box);
  return result;
}

// Operations on a point. Its vectors have eight lanes: where registers hold sixteen, half the limit is the
// most there can be.
constexpr double lanes = spline_lanes, order = spline_order;
constexpr double weight_flops = 2 * lanes * (order - 1), slope_flops = 2 * lanes * (order - 2);
constexpr double spread_flops = 2 * weight_flops + 2 * lanes * order;
constexpr double gather_flops = 2 * weight_flops + 2 * slope_flops + 2 * 2 * lanes * order + 3 * 2 * lanes;
constexpr double position_bytes = 2 * sizeof(float), binned_bytes = sizeof(BinnedPoint<float>);

double bytes_of(const GridPart& part) {
  return static_cast<double>(sizeof(float)) * part.rows * part.columns;
}

/// Runs prepare() and the timed step() in turn. @return mean seconds of a step
template <class Prepare, class Step>
double time_steps(benchmark::State& state, Prepare&& prepare, Step&& step) {
  double seconds = 0;
  for ([[maybe_unused]] auto _ : state) {
    prepare();
    const base::Stopwatch watch;
    step();
    const double once = watch.seconds();
    seconds += once;
    state.SetIterationTime(once);
  }
  return seconds / static_cast<double>(state.iterations());
}

/// Positions are read, points written.
void bin(benchmark::State& state) {
  const auto embedding = late_embedding(state.range(0));
  BinnedPoints<float> points;
  const double seconds = time_steps(
      state, [] {}, [&] { points.bin(embedding.positions, embedding.placement, embedding.shape); });
  const double bytes = (position_bytes + binned_bytes) * embedding.points();
  state.counters["ns/point"] = 1e9 * seconds / embedding.points();
  bench::report_share(state, seconds, {.bytes = bytes, .footprint = bytes});
}

/// Points are read and written in order, the cells written.
void spread(benchmark::State& state) {
  const auto embedding = late_embedding(state.range(0));
  BinnedPoints<float> points;
  PointGrid<float> grid;
  const double seconds = time_steps(
      state, [&] { points.bin(embedding.positions, embedding.placement, embedding.shape); },
      [&] { grid.spread(points); });
  const double point_bytes = binned_bytes * embedding.points(), grid_bytes = bytes_of(points.part());
  state.counters["ns/point"] = 1e9 * seconds / embedding.points();
  bench::report_share(state, seconds,
                      {.flops = spread_flops * embedding.points(),
                       .bytes = 2 * point_bytes + grid_bytes,
                       .footprint = point_bytes + grid_bytes,
                       .threads = omp_get_max_threads()});
}

/// Points and cells are read, forces written.
void gather(benchmark::State& state) {
  const auto embedding = late_embedding(state.range(0));
  BinnedPoints<float> points;
  PointGrid<float> grid;
  points.bin(embedding.positions, embedding.placement, embedding.shape);
  grid.spread(points);  // charges serve as potentials as well as any
  std::vector<float> forces(embedding.positions.size());
  const double seconds = time_steps(
      state, [] {}, [&] { grid.read(points, embedding.placement.inverse_step, forces); });
  const double bytes = (binned_bytes + position_bytes) * embedding.points() + bytes_of(points.part());
  state.counters["ns/point"] = 1e9 * seconds / embedding.points();
  bench::report_share(state, seconds,
                      {.flops = gather_flops * embedding.points(),
                       .bytes = bytes,
                       .footprint = bytes,
                       .threads = omp_get_max_threads()});
}

/// 5 n log2 n operations for a complex line of n, half of them for a real one; rows of the padding need
/// none. Charges are read, potentials written; the rows' half spectra go to memory and back along the rows
/// and along the columns.
void fft(benchmark::State& state) {
  const GridShape shape = late_embedding(state.range(0)).shape;
  const int threads = transform_threads(shape);
  // The kernel makes no difference to the time.
  Convolution<float> convolution;
  convolution.set_up(
      {.rows = shape.rows,
       .columns = shape.columns,
       .padded_rows = shape.padded_rows,
       .padded_columns = shape.padded_columns,
       .kernel = [](int rows, int columns) { return 1.0 / (1 + rows * rows + columns * columns); },
       .row_factors = std::vector<double>(static_cast<std::size_t>(shape.padded_rows / 2 + 1), 1),
       .column_factors = std::vector<double>(static_cast<std::size_t>(shape.padded_columns / 2 + 1), 1),
       .threads = threads});
  base::Matrix<float> charges(static_cast<std::size_t>(shape.rows), static_cast<std::size_t>(shape.columns));
  std::ranges::fill(charges.elements(), 1.F);
  auto potentials = charges;
  const double seconds = time_steps(
      state, [] {},
      [&] {
        convolution.run(
            [&](int row, float* to) { std::ranges::copy(charges.row(static_cast<std::size_t>(row)), to); },
            [] {},
            [&](int row, const float* from) {
              std::copy_n(from, shape.columns, potentials.row(static_cast<std::size_t>(row)).begin());
            });
      });
  const double rows = shape.rows, period_down = shape.padded_rows, period_across = shape.padded_columns;
  const double along_rows = 2.5 * rows * period_across * std::log2(period_across);
  const double along_columns = 5 * (period_across / 2) * period_down * std::log2(period_down);
  const double flops = 2 * (along_rows + along_columns);
  const double cells = sizeof(float) * static_cast<double>(shape.cells());
  const double half_spectra = 2 * sizeof(float) * rows * (period_across / 2 + 1);
  const double kernel = sizeof(float) * (period_down / 2 + 1) * (period_across / 2 + 1);
  state.counters["Gflop/s"] = 1e-9 * flops / seconds;
  state.counters["rows"] = shape.padded_rows;
  state.counters["columns"] = shape.padded_columns;
  bench::report_share(state, seconds,
                      {.flops = flops,
                       .bytes = 2 * cells + 4 * half_spectra + kernel,
                       .footprint = 2 * cells + half_spectra + kernel,
                       .threads = threads});
}

// Points.
BENCHMARK(bin)->Arg(70'000)->Arg(1'000'000)->UseManualTime();
BENCHMARK(spread)->Arg(70'000)->Arg(1'000'000)->UseManualTime();
BENCHMARK(fft)->Arg(70'000)->Arg(1'000'000)->UseManualTime();
BENCHMARK(gather)->Arg(70'000)->Arg(1'000'000)->UseManualTime();

}  // namespace
}  // namespace fleetsne::optimize
