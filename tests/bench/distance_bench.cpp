// Squared distances in 50 columns on one thread: nanoseconds a pair, and the share of the peak rate of
// multiply-adds.
#include "fleetsne/base/random.hpp"
#include "fleetsne/search/blocked_rows.hpp"
#include "fleetsne/search/distance.hpp"

#include "limit.hpp"
#include <benchmark/benchmark.h>

#include <array>
#include <span>
#include <vector>

namespace fleetsne {
namespace {

constexpr std::size_t columns = 50;

base::Matrix<float> normal_rows(std::size_t rows) {
  const base::Random random(3, base::Stream::test);
  auto result = base::padded_matrix<float>(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const auto id = static_cast<base::GlobalIndex>(i * columns + j);
      result(i, j) = static_cast<float>(random.normal_pair(id).first);
    }
  }
  return result;
}

/// @param flops  of a pair and column that no way of computing the distance can do without
void report(benchmark::State& state, double seconds, std::size_t pairs_a_run, double flops) {
  const double pairs = static_cast<double>(pairs_a_run) * static_cast<double>(state.iterations());
  state.counters["ns/pair"] = 1e9 * seconds / pairs;
  state.counters["Gflop/s"] = 1e-9 * flops * columns * pairs / seconds;
  bench::report_share(state, seconds, {.flops = flops * columns * pairs});
}

/// A block of queries with blocks of rows that the second-level cache holds. A multiply-add a pair and
/// column; what is shifted and added beforehand is not counted.
void blocked_distances(benchmark::State& state) {
  constexpr std::size_t row_count = 2048;
  const auto rows = normal_rows(row_count);
  std::vector<const float*> pointers;
  for (std::size_t i = 0; i < row_count; ++i) pointers.push_back(rows.row(i).data());
  const search::BlockedRows blocked(pointers, columns);
  search::QueryBlock queries(columns);
  queries.load(std::span<const float* const>(pointers).first(search::block_rows));
  base::AlignedVector<float> distances(search::block_rows * search::block_rows);
  const base::Stopwatch watch;
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t b = 0; b < blocked.blocks(); ++b) blocked.distances(queries, b, distances);
    benchmark::DoNotOptimize(distances.data());
  }
  report(state, watch.seconds(), search::block_rows * row_count, 2);
}

/// Every pair of rows that the first-level cache holds. A difference and a multiply-add a column, so that
/// three quarters of the limit are the most there can be; the padding of 50 columns to 64 counts as lost.
void pair_distances(benchmark::State& state) {
  constexpr std::size_t row_count = 128;
  const auto rows = normal_rows(row_count);
  const base::Stopwatch watch;
  for ([[maybe_unused]] auto _ : state) {
    float sum = 0;
    for (std::size_t i = 0; i < row_count; ++i) {
      for (std::size_t j = 0; j < row_count; ++j)
        sum += search::squared_distance(rows.row(i).data(), rows.row(j).data(), rows.stride());
    }
    benchmark::DoNotOptimize(sum);
  }
  report(state, watch.seconds(), row_count * row_count, 3);
}

BENCHMARK(blocked_distances)->UseRealTime();
BENCHMARK(pair_distances)->UseRealTime();

}  // namespace
}  // namespace fleetsne
