#pragma once

#include <cstddef>
#include <cstdint>

namespace fleetsne::optimize {

/// Order of the B-splines that charges are spread and potentials are read with: each touches order x order
/// cells.
inline constexpr int spline_order = 8;

/// Cells beyond what the kernel must reach: dividing out the spline's spectrum leaves a tail that falls by
/// 0.54 a cell, so 16 cells leave 5e-5 of what stands at the wrapped kernel's edge. That matters while all
/// points are close and their forces all but cancel.
inline constexpr int kernel_tail = 16;

/// The rectangle that holds all points of all ranks, in the embedding's units.
struct Box {
  double min_x = 0, max_x = 0, min_y = 0, max_y = 0;
  double width() const { return max_x - min_x; }
  double height() const { return max_y - min_y; }
};

/// Size of a grid. Rows run along y, columns along x.
struct GridShape {
  int rows = 0, columns = 0;                ///< cells that points can touch
  int padded_rows = 0, padded_columns = 0;  ///< periods of the transform
  double step = 0;                          ///< the embedding's units from cell to cell
  /// Steps of the wide grid for what is far, in steps of this; 0: the period is so long that it needs none.
  int far_factor = 0;
  double dof = 1;  ///< degrees of freedom: the kernel is (1 + r^2)^-dof

  std::size_t cells() const { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns); }
  std::size_t padded_cells() const {
    return static_cast<std::size_t>(padded_rows) * static_cast<std::size_t>(padded_columns);
  }
  /// Cells from a charge to where its near potential ends.
  int near_cells() const { return 12 * far_factor; }
  friend bool operator==(const GridShape&, const GridShape&) = default;
};

/// Where a grid lies: the position of cell (0, 0) and the step.
struct GridPlacement {
  double origin_x = 0, origin_y = 0, inverse_step = 0;
};

/// The grid for `points` points within `box`: the one at hand if it still serves, else one with room to grow,
/// so that plans are made seldom. It has the degrees of freedom of the one at hand. The kernel (1 + r^2)^-dof
/// has the same width whatever the span, and so has the step: 3/8, or 1/4 where the points are few for their
/// box; for dof > 1, where the kernel is narrower, these over sqrt(dof). It is finer, too, while all points
/// are so close that their forces all but cancel. Relative L2 force error: at most 5e-3
/// (tests/optimize/test_field.cpp). Throws NumericalError if no grid of bearable size covers the box: then
/// the descent diverges. Not collective.
GridShape fitting_grid(const Box& box, std::int64_t points, const GridShape& at_hand);

/// The grid of these periods, as fitting_grid made it; an empty one if it makes none such. Not collective.
GridShape grid_of_periods(double step, int padded_rows, int padded_columns, int far_factor, double dof);

/// Centres the grid on the box.
GridPlacement place_grid(const GridShape& shape, const Box& box);

/// Smallest number >= n of the form 2^a 3^b 5^c 7^d that is even, from 256 on a multiple of 16: FFTW is fast
/// there.
int good_transform_size(int n);

}  // namespace fleetsne::optimize
