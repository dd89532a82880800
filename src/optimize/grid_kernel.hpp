#pragma once

#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/spline.hpp"

#include <cmath>
#include <numbers>
#include <vector>

namespace fleetsne::optimize {

/// 1 / (1 + r^2) between two cells of a periodic grid, by the shorter way round.
inline double wrapped_kernel(const GridShape& shape, int row, int column) {
  const double y = shape.step * std::min(row, shape.padded_rows - row);
  const double x = shape.step * std::min(column, shape.padded_columns - column);
  return 1 / (1 + x * x + y * y);
}

/// For each frequency 0 .. count - 1 of a transform of period `period`, 1 over the square of the spectrum of
/// the sampled spline: charges were smeared by one and potentials are read through another.
inline std::vector<double> inverse_spline_spectrum(int period, int count) {
  constexpr auto samples = spline_table<spline_order, double>.samples();
  std::vector<double> result(static_cast<std::size_t>(count));
  for (int k = 0; k < count; ++k) {
    double b = samples[0];
    for (std::size_t n = 1; n < samples.size(); ++n) {
      b += 2 * samples[n] * std::cos(2 * std::numbers::pi * static_cast<double>(n) * k / period);
    }
    result[static_cast<std::size_t>(k)] = 1 / (b * b);
  }
  return result;
}

}  // namespace fleetsne::optimize
