// Attraction on rows like those of a large embedding: nanoseconds an edge, bytes an edge, and the share of
// the time that its bytes take at the memory's bandwidth.
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/data/tile_writer.hpp"
#include "fleetsne/optimize/attraction.hpp"

#include "memory_bandwidth.hpp"
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

namespace fleetsne {
namespace {

/// `rows` rows of `degree` edges, to columns that are normally distributed about the row with `reach` times
/// the degree for standard deviation: with 4, rows share columns as they do among 70,000 points, with 16 as
/// they do among a million.
data::SparseMatrix chain(base::LocalIndex rows, int degree, int reach, data::ValueCoding coding) {
  const base::Random random(1, base::Stream::test);
  constexpr base::LocalIndex tile_rows = 256;
  data::SparseMatrix matrix;
  matrix.row_count = rows;
  matrix.coding = coding;
  data::TileWriter writer(static_cast<std::size_t>(rows), coding, matrix.storage);
  std::vector<data::Edge> edges;
  for (base::LocalIndex i = 0; i < rows; ++i) {
    if (i % tile_rows == 0) writer.start(i, matrix.tiles);
    edges.clear();
    for (int j = 0; j < degree; j += 2) {
      const auto id = static_cast<base::GlobalIndex>(i) * degree + j;
      const auto [a, b] = random.normal_pair(id);
      for (const double step : {a, b}) {
        const auto column = std::abs(i + static_cast<std::int64_t>(reach * degree * step)) % rows;
        edges.push_back({static_cast<base::LocalIndex>(column), static_cast<float>(std::exp(-step * step))});
      }
    }
    writer.add(edges);
    if (i % tile_rows == tile_rows - 1 || i + 1 == rows) writer.finish();
  }
  matrix.entries = writer.entries();
  return matrix;
}

void run(benchmark::State& state, data::ValueCoding coding, optimize::Kernel kernel) {
  const auto degree = static_cast<int>(state.range(0));
  const auto rows = static_cast<base::LocalIndex>(state.range(1) / degree);
  const auto matrix = chain(rows, degree, static_cast<int>(state.range(2)), coding);
  std::vector<float> positions(2 * matrix.local_rows()), forces(positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<float>(i % 977) / 10;
  optimize::Attraction attraction(matrix, kernel);
  const base::Stopwatch watch;
  for ([[maybe_unused]] auto _ : state) attraction.sum(positions, forces);
  const auto edges = static_cast<double>(matrix.entries), bytes = static_cast<double>(matrix.bytes());
  const double seconds = watch.seconds() / static_cast<double>(state.iterations());
  state.counters["ns/edge"] = 1e9 * seconds / edges;
  state.counters["B/edge"] = bytes / edges;
  state.counters["of_limit"] = bytes / bench::memory_bandwidth() / seconds;
}

void perplexity_rows(benchmark::State& state) {
  run(state, data::ValueCoding::squared16, optimize::Kernel::fastest);
}
void uniform_rows(benchmark::State& state) {
  run(state, data::ValueCoding::uniform, optimize::Kernel::fastest);
}
void portable_rows(benchmark::State& state) {
  run(state, data::ValueCoding::squared16, optimize::Kernel::portable);
}

// Degree, edges, reach.
BENCHMARK(perplexity_rows)
    ->Args({230, 60'000'000, 4})
    ->Args({230, 60'000'000, 16})
    ->Args({2300, 60'000'000, 4})
    ->UseRealTime();
BENCHMARK(uniform_rows)->Args({22, 60'000'000, 4})->Args({22, 60'000'000, 64})->UseRealTime();
BENCHMARK(portable_rows)->Args({230, 60'000'000, 4})->UseRealTime();

}  // namespace
}  // namespace fleetsne
