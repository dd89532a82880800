#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/optimize/field.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include "point_grid.hpp"
#include <omp.h>

namespace fleetsne::optimize {
namespace {

/// Grids this small cost nothing in float64, and those of closely packed points need it: there N nearly equal
/// terms cancel.
constexpr std::size_t float64_up_to_cells = 160 * 160;

/// Spread, solve, read: everything of one precision.
template <class T>
class Engine {
 public:
  Engine(const comm::Communicator& comm, GridSharing sharing) : comm_(comm), sharing_(sharing) {}

  double compute(std::span<const float> positions, const Box& box, const GridShape& shape,
                 std::span<float> forces) {
    if (!(shape == shape_)) remake(shape);
    const GridPlacement grid = place_grid(shape, box);
    points_.bin(positions, grid, shape);
    cells_.spread(points_);
    solver_->solve(points_.part(), cells_.touched(), cells_.cells(points_.part()));
    return cells_.read(points_, grid.inverse_step / shape.dof, forces);
  }

  bool slab() const { return slab_; }
  FieldTraffic traffic() const {
    FieldTraffic sum = earlier_traffic_;
    if (solver_) sum += solver_->traffic();
    return sum;
  }

 private:
  void remake(const GridShape& shape) {
    shape_ = shape;
    const bool slab =
        sharing_ == GridSharing::slab ||
        (sharing_ == GridSharing::automatic && slab_is_faster(shape, comm_.size(), omp_get_max_threads()));
    if (!solver_ || slab != slab_) {
      earlier_traffic_ = traffic();
      solver_.reset();  // its memory goes before the new one's comes
      solver_ = slab ? make_slab_solver<T>(comm_) : make_reduced_solver<T>(comm_);
      slab_ = slab;
    }
    solver_->set_up(shape);
  }

  const comm::Communicator& comm_;
  GridSharing sharing_;
  GridShape shape_;
  bool slab_ = false;
  std::unique_ptr<GridSolver<T>> solver_;
  FieldTraffic earlier_traffic_;  // of solvers that are gone
  BinnedPoints<T> points_;
  PointGrid<T> cells_;
};

class GridField final : public Field {
 public:
  GridField(const comm::Communicator& comm, std::int64_t points, GridSharing sharing, double dof)
      : comm_(comm), points_(points), single_(comm, sharing), double_(comm, sharing) {
    shape_.dof = dof;
  }

  double compute(std::span<const float> positions, const Box& box, std::span<float> forces) override {
    choose_grid(box);
    in_float64_ = shape_.padded_cells() <= float64_up_to_cells;
    return in_float64_ ? double_.compute(positions, box, shape_, forces)
                       : single_.compute(positions, box, shape_, forces);
  }
  void set_grid(const GridShape& at_hand) override {
    if (at_hand.dof == shape_.dof) shape_ = at_hand;
  }
  GridShape shape() const override { return shape_; }
  bool shared_by_slabs() const override { return in_float64_ ? double_.slab() : single_.slab(); }
  FieldTraffic traffic() const override {
    FieldTraffic sum = single_.traffic();
    return sum += double_.traffic();
  }

 private:
  /// The box is the same on all ranks, so they all find the same grid, or all find none.
  void choose_grid(const Box& box) {
    try {
      shape_ = fitting_grid(box, points_, shape_);
    } catch (...) {
      comm::agree_on_failure(comm_, std::current_exception());
    }
  }

  const comm::Communicator& comm_;
  std::int64_t points_;
  GridShape shape_;
  bool in_float64_ = true;
  Engine<float> single_;
  Engine<double> double_;
};

}  // namespace

std::unique_ptr<Field> make_grid_field(const comm::Communicator& comm, std::int64_t points,
                                       GridSharing sharing, double dof) {
  return std::make_unique<GridField>(comm, points, sharing, dof);
}

}  // namespace fleetsne::optimize
