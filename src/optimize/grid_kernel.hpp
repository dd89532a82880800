#pragma once

#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/spline.hpp"

#include "convolution.hpp"

#include <cmath>
#include <numbers>
#include <vector>

namespace fleetsne::optimize {

/// For each frequency 0 .. period / 2 of a transform, 1 over the square of the spectrum of the sampled
/// spline: charges were smeared by one and potentials are read through another.
inline std::vector<double> inverse_spline_spectrum(int period) {
  constexpr auto samples = spline_table<spline_order, double>.samples();
  std::vector<double> result(static_cast<std::size_t>(period / 2 + 1));
  for (std::size_t k = 0; k < result.size(); ++k) {
    double b = samples[0];
    for (std::size_t n = 1; n < samples.size(); ++n) {
      b += 2 * samples[n] * std::cos(2 * std::numbers::pi * static_cast<double>(n * k) / period);
    }
    result[k] = 1 / (b * b);
  }
  return result;
}

/// From the charges of splines to the coefficients of the spline that is their potential.
inline ConvolutionSetup potential_of_charges(const GridShape& shape, int threads) {
  return {.rows = shape.rows,
          .columns = shape.columns,
          .padded_rows = shape.padded_rows,
          .padded_columns = shape.padded_columns,
          .kernel =
              [step = shape.step](int rows, int columns) {
                const double y = step * rows, x = step * columns;
                return 1 / (1 + x * x + y * y);
              },
          .row_factors = inverse_spline_spectrum(shape.padded_rows),
          .column_factors = inverse_spline_spectrum(shape.padded_columns),
          .threads = threads};
}

}  // namespace fleetsne::optimize
