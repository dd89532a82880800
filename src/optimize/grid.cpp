#include "fleetsne/optimize/grid.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::optimize {
namespace {

constexpr double finest_step = 1.0 / 8;  // relative force error 1e-6 where all points lie within 1e-3
constexpr double cells_across = 16;      // of a small embedding, before the step may widen
constexpr double room_to_grow = 1.08;
constexpr double far_from_cells = 256;  // a side; below, a wide grid would not pay
constexpr double wide_cells = 100;      // a side
// Of a side, padding included, and of all. An embedding that is still an embedding stays far below: 100
// million points take some 10^8 cells.
constexpr double most_cells_a_side = 1 << 17, most_cells = 1 << 30;
// A finer grid is kept while the density is within this factor of the next step's: plans are dear.
constexpr double reluctance = 1.25;

constexpr double sparse = 0.15;  // points per unit area of the box

/// A lone pair's force loses 2e-2 at 3/8 (1/(1 + r^2) has a spectrum that falls as exp(-k)), which drowns
/// where points have many others near. How many they have, the box does not tell: at 1/2 the error was 5e-3
/// to 2e-2 in embeddings of Fashion-MNIST of any density. At 3/8 it was 2e-3 to 4e-3 in all that are not
/// sparse.
double step_for_density(double density) {
  return density >= sparse ? 3.0 / 8 : 1.0 / 4;
}

/// In units in which the kernel is no narrower than 1 / (1 + r^2).
double step_for_unit_kernel(const Box& box, std::int64_t points, double at_hand) {
  const double span = std::max(box.width(), box.height());
  double step = 1.0 / 2;
  if (span >= cells_across * step) {
    const double area = std::max(box.width(), 1.0) * std::max(box.height(), 1.0);
    const double density = static_cast<double>(points) / area;
    return step_for_density(density / reluctance) == at_hand ? at_hand : step_for_density(density);
  }
  while (step > finest_step && span / step < cells_across) step /= 2;
  return step;
}

/// Of (1 + r^2)^-dof the spectrum is k^(dof - 1) K_(dof - 1)(k): below dof = 1 it falls as that of dof = 1
/// does. Above, more of it lies at high frequencies, until for many degrees of freedom it is that of
/// exp(-dof r^2).
double step_for(const Box& box, std::int64_t points, const GridShape& at_hand) {
  if (at_hand.dof <= 1) return step_for_unit_kernel(box, points, at_hand.step);
  const double width = 1 / std::sqrt(at_hand.dof);
  const Box scaled{box.min_x / width, box.max_x / width, box.min_y / width, box.max_y / width};
  const double at_hand_step = std::round(64 * at_hand.step / width) / 64;  // as it was chosen
  return width * step_for_unit_kernel(scaled, points, at_hand_step);
}

double cells_for(double length, double step) {
  return std::ceil(length / step) + spline_order + 1;
}

/// The wide grid has about a hundredth of the cells' number a side, so that it costs little and what is near
/// ends soon.
int far_factor_for(double cells) {
  if (cells < far_from_cells) return 0;
  return 8 * std::max(1, static_cast<int>(cells / (8 * wide_cells)));
}

/// Cells between the last and, around the period, the first: as many as all, so that nothing wraps around, or
/// as what is near reaches.
double gap_for(double cells, int far_factor) {
  if (far_factor == 0) return cells + 2 * kernel_tail;
  return GridShape{.far_factor = far_factor}.near_cells() + kernel_tail;
}

/// The most cells that leave such a gap.
int cells_of_period(int period, int far_factor) {
  return far_factor == 0 ? period / 2 - kernel_tail : period - static_cast<int>(gap_for(0, far_factor));
}

void expect_bounded(const Box& box, double dof, double rows, double columns) {
  const auto padded = [](double cells) { return 2 * (cells * room_to_grow + kernel_tail); };
  const double padded_rows = padded(rows), padded_columns = padded(columns);
  if (std::max(padded_rows, padded_columns) <= most_cells_a_side &&
      padded_rows * padded_columns <= most_cells)
    return;
  throw base::NumericalError(fmt::format(
      "the optimisation diverged (the embedding spans {:.3g} x {:.3g}, more than any grid can cover). Use a "
      "smaller --learning-rate or a smaller --optimize.max-step-norm",
      std::sqrt(dof) * box.width(), std::sqrt(dof) * box.height()));
}

}  // namespace

int good_transform_size(int n) {
  // Of large sizes those with few factors of two take up to twice as long: 750 longer than 768.
  const int step = n < 256 ? 2 : 16;
  for (int candidate = std::max(2, (n + step - 1) / step * step);; candidate += step) {
    int rest = candidate;
    for (const int prime : {2, 3, 5, 7}) {
      while (rest % prime == 0) rest /= prime;
    }
    if (rest == 1) return candidate;
  }
}

GridShape fitting_grid(const Box& box, std::int64_t points, const GridShape& at_hand) {
  const double step = step_for(box, points, at_hand);
  expect_bounded(box, at_hand.dof, cells_for(box.height(), step), cells_for(box.width(), step));
  const int rows = static_cast<int>(cells_for(box.height(), step)),
            columns = static_cast<int>(cells_for(box.width(), step));
  const bool fits = at_hand.step == step && rows <= at_hand.rows && columns <= at_hand.columns;
  // An embedding that shrank to a fraction gives its grid up; one that merely breathes keeps it.
  const bool wasteful =
      at_hand.cells() > 4 * static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) &&
      at_hand.cells() > 128 * 128;
  if (fits && !wasteful) return at_hand;
  GridShape shape;
  shape.dof = at_hand.dof;
  shape.step = step;
  shape.far_factor = far_factor_for(std::min(rows, columns) * room_to_grow);
  const auto fit = [&](int cells, int& grown, int& period) {
    const double room = std::ceil(cells * room_to_grow), gap = gap_for(room, shape.far_factor);
    period = good_transform_size(static_cast<int>(room + gap));
    grown = cells_of_period(period, shape.far_factor);
  };
  fit(rows, shape.rows, shape.padded_rows);
  fit(columns, shape.columns, shape.padded_columns);
  return shape;
}

GridShape grid_of_periods(double step, int padded_rows, int padded_columns, int far_factor, double dof) {
  const GridShape none{.dof = dof};
  const double rows = padded_rows, columns = padded_columns;
  const bool sound = step > 0 && dof > 0 && far_factor >= 0 && far_factor % 8 == 0 &&
                     far_factor < most_cells_a_side && std::min(rows, columns) > 0 &&
                     std::max(rows, columns) <= most_cells_a_side && rows * columns <= most_cells;
  if (!sound || good_transform_size(padded_rows) != padded_rows ||
      good_transform_size(padded_columns) != padded_columns)
    return none;
  const int down = cells_of_period(padded_rows, far_factor),
            across = cells_of_period(padded_columns, far_factor);
  if (std::min(down, across) <= spline_order) return none;
  return {.rows = down,
          .columns = across,
          .padded_rows = padded_rows,
          .padded_columns = padded_columns,
          .step = step,
          .far_factor = far_factor,
          .dof = dof};
}

GridPlacement place_grid(const GridShape& shape, const Box& box) {
  const double middle_x = (box.min_x + box.max_x) / 2, middle_y = (box.min_y + box.max_y) / 2;
  return {middle_x - shape.step * (shape.columns - 1) / 2, middle_y - shape.step * (shape.rows - 1) / 2,
          1 / shape.step};
}

}  // namespace fleetsne::optimize
