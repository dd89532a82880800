#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/optimize/fixed_field.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include "point_grid.hpp"

#include <algorithm>

namespace fleetsne::optimize {
namespace {

Box joined(const Box& a, const Box& b) {
  return {std::min(a.min_x, b.min_x), std::max(a.max_x, b.max_x), std::min(a.min_y, b.min_y),
          std::max(a.max_y, b.max_y)};
}

bool holds(const Box& outer, const Box& inner) {
  return outer.min_x <= inner.min_x && inner.max_x <= outer.max_x && outer.min_y <= inner.min_y &&
         inner.max_y <= outer.max_y;
}

/// Room for points to drift, so that grids are made seldom.
Box widened(const Box& box) {
  const double x = 1 + 0.05 * box.width(), y = 1 + 0.05 * box.height();
  return {box.min_x - x, box.max_x + x, box.min_y - y, box.max_y + y};
}

/// In float64: it is solved once, and read by few points beside those that made it.
class FixedGridField final : public FixedField {
 public:
  FixedGridField(const comm::Communicator& comm, base::Matrix<float>&& fixed, const Box& box, double dof)
      : comm_(comm), fixed_(std::move(fixed)), dof_(dof), solver_(make_reduced_solver<double>(comm)) {
    total_ = comm.all_reduce(static_cast<std::int64_t>(fixed_.rows()), comm::Reduction::sum);
    cover(widened(box));
  }

  void compute(std::span<const float> positions, const Box& box, std::span<float> forces,
               std::span<float> potentials) override {
    if (!holds(covered_, box)) cover(widened(joined(covered_, box)));
    points_.bin(positions, placement_, shape_);
    cells_.take(points_, potential());
    cells_.read_each(points_, placement_.inverse_step / dof_, forces, potentials);
  }
  GridShape shape() const override { return shape_; }

 private:
  /// Fills a grid over this box. The box is the same on all ranks, so all find one or none does. Collective.
  void cover(const Box& box) {
    try {
      shape_ = fitting_grid(box, total_, {.dof = dof_});
    } catch (...) {
      comm::agree_on_failure(comm_, std::current_exception());
    }
    covered_ = box;
    placement_ = place_grid(shape_, box);
    const GridPart whole{.rows = shape_.rows, .columns = whole_strips(shape_.columns)};
    values_.assign(static_cast<std::size_t>(whole.rows) * static_cast<std::size_t>(whole.columns), 0.0);
    points_.bin(fixed_.elements(), placement_, shape_);
    cells_.spread(points_);
    const GridPart& part = points_.part();
    const auto charges = cells_.cells(part);
    const base::MatrixView<double> values = potential();
    for (std::size_t r = 0; r < charges.rows(); ++r)
      std::ranges::copy(charges.row(r),
                        values.row(static_cast<std::size_t>(part.first_row) + r).data() + part.first_column);
    TouchedStrips none;
    solver_->set_up(shape_);
    solver_->solve(whole, none, values);
  }

  static int whole_strips(int columns) {
    return (columns + strip_columns - 1) / strip_columns * strip_columns;
  }
  base::MatrixView<double> potential() {
    const auto columns = static_cast<std::size_t>(whole_strips(shape_.columns));
    return {values_.data(), static_cast<std::size_t>(shape_.rows), columns, columns};
  }

  const comm::Communicator& comm_;
  base::Matrix<float> fixed_;
  double dof_;
  std::int64_t total_ = 0;
  std::unique_ptr<GridSolver<double>> solver_;
  GridShape shape_;
  GridPlacement placement_;
  Box covered_;
  base::AlignedVector<double> values_;  // grid rows x whole strips: charges, then coefficients
  BinnedPoints<double> points_;
  PointGrid<double> cells_;
};

}  // namespace

std::unique_ptr<FixedField> make_fixed_grid_field(const comm::Communicator& comm, base::Matrix<float>&& fixed,
                                                  const Box& box, double dof) {
  return std::make_unique<FixedGridField>(comm, std::move(fixed), box, dof);
}

}  // namespace fleetsne::optimize
