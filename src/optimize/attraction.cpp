#include "fleetsne/optimize/attraction.hpp"

#include "fleetsne/base/sum.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace fleetsne::optimize {
namespace {

// Gathers are indexed with 32 bits, 2 x column: that is what base::most_columns is for.
constexpr int rows_at_once = 256;  // handed to a thread at a time: rows differ in length

/// log(x) for x >= 1 within 2e-7, in arithmetic that the compiler can do for 16 numbers at once: the
/// exponent, and log of the mantissa by its series in (m - 1) / (m + 1).                 [Abramowitz & Stegun
/// 1964, 4.1.27]
inline float vector_log(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  // Mantissa in [0.75, 1.5), so that the series is short.
  const std::int32_t exponent = (bits - 0x3f400000) >> 23;
  const float mantissa = std::bit_cast<float>(bits - (exponent << 23));
  const float s = (mantissa - 1) / (mantissa + 1), s2 = s * s;
  const float series = 2 * s * (1 + s2 * (1.F / 3 + s2 * (1.F / 5 + s2 * (1.F / 7 + s2 * (1.F / 9)))));
  return static_cast<float>(exponent) * 0.69314718F + series;
}

}  // namespace

void sum_attraction(const data::SparseMatrix& affinities, std::span<const float> positions,
                    std::span<float> forces) {
  const auto rows = static_cast<std::int64_t>(affinities.local_rows());
  const base::LocalIndex* columns = affinities.columns.data();
  const float* values = affinities.values.data();
  const float* y = positions.data();
#pragma omp parallel for schedule(dynamic, rows_at_once)
  for (std::int64_t i = 0; i < rows; ++i) {
    const float xi = y[2 * i], yi = y[2 * i + 1];
    const std::int64_t last = affinities.offsets[static_cast<std::size_t>(i) + 1];
    float sum_x = 0, sum_y = 0;
#pragma omp simd reduction(+ : sum_x, sum_y)
    for (std::int64_t e = affinities.offsets[static_cast<std::size_t>(i)]; e < last; ++e) {
      const float dx = xi - y[2 * columns[e]], dy = yi - y[2 * columns[e] + 1];
      const float weight = values[e] / (1 + dx * dx + dy * dy);
      sum_x += weight * dx;
      sum_y += weight * dy;
    }
    forces[static_cast<std::size_t>(2 * i)] = sum_x;
    forces[static_cast<std::size_t>(2 * i + 1)] = sum_y;
  }
}

double attraction_energy(const data::SparseMatrix& affinities, std::span<const float> positions) {
  const base::LocalIndex* columns = affinities.columns.data();
  const float* values = affinities.values.data();
  const float* y = positions.data();
  return base::ordered_sum(affinities.local_rows(), [&](std::size_t i) {
    const float xi = y[2 * i], yi = y[2 * i + 1];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t e = affinities.offsets[i]; e < affinities.offsets[i + 1]; ++e) {
      const float dx = xi - y[2 * columns[e]], dy = yi - y[2 * columns[e] + 1];
      sum += values[e] * vector_log(1 + dx * dx + dy * dy);
    }
    return sum;
  });
}

double negative_entropy(const data::SparseMatrix& affinities) {
  return base::ordered_sum(affinities.local_rows(), [&](std::size_t i) {
    double sum = 0;
    for (std::int64_t e = affinities.offsets[i]; e < affinities.offsets[i + 1]; ++e) {
      const auto p = static_cast<double>(affinities.values[static_cast<std::size_t>(e)]);
      sum += p * std::log(p);
    }
    return sum;
  });
}

}  // namespace fleetsne::optimize
