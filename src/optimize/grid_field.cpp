#include "fleetsne/base/sum.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/optimize/field.hpp"
#include "fleetsne/optimize/grid_solver.hpp"
#include "fleetsne/optimize/spline.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace fleetsne::optimize {
namespace {

/// Grids this small cost nothing in float64, and those of closely packed points need it: there N nearly equal
/// terms cancel.
constexpr std::size_t float64_up_to_cells = 160 * 160;

constexpr int before = spline_order / 2 - 1;  // cells that a point touches before its own

/// A point's place on the grid: the first cell it touches and its position within its own, in each direction.
template <class T>
struct Place {
  int row, column;
  T t_row, t_column;
};

template <class T>
Place<T> place_of(const float* position, const GridPlacement& grid) {
  const double u = (static_cast<double>(position[0]) - grid.origin_x) * grid.inverse_step;
  const double v = (static_cast<double>(position[1]) - grid.origin_y) * grid.inverse_step;
  const int column = static_cast<int>(u), row = static_cast<int>(v);  // both positive: the grid has a margin
  return {row - before, column - before, static_cast<T>(v - row), static_cast<T>(u - column)};
}

template <class T>
LaneVector<T> load(const T* from) {
  LaneVector<T> lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

template <class T>
void store(T* to, LaneVector<T> lanes) {
  std::memcpy(to, &lanes, sizeof(lanes));
}

template <class T>
T sum_of(LaneVector<T> lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// The cells that this rank's points touch.
GridPart touched_part(std::span<const float> positions, const GridPlacement& grid) {
  if (positions.empty()) return {};
  float min_x = positions[0], max_x = min_x, min_y = positions[1], max_y = min_y;
  for (std::size_t i = 0; i < positions.size(); i += 2) {
    min_x = std::min(min_x, positions[i]);
    max_x = std::max(max_x, positions[i]);
    min_y = std::min(min_y, positions[i + 1]);
    max_y = std::max(max_y, positions[i + 1]);
  }
  const float low[2] = {min_x, min_y}, high[2] = {max_x, max_y};
  const auto first = place_of<double>(low, grid), last = place_of<double>(high, grid);
  return {first.row, last.row - first.row + spline_order, first.column,
          last.column - first.column + spline_order};
}

/// Spread, solve, read: everything of one precision.
template <class T>
class Engine {
 public:
  Engine(const comm::Communicator& comm, GridSharing sharing) : comm_(comm), sharing_(sharing) {}

  double compute(std::span<const float> positions, const Box& box, const GridShape& shape,
                 std::span<float> forces) {
    if (!(shape == shape_)) remake(shape);
    const GridPlacement grid = place_grid(shape, box);
    const GridPart part = touched_part(positions, grid);
    spread(positions, grid, part);
    solver_->solve(part, base::MatrixView<T>(grids_[0].data(), static_cast<std::size_t>(part.rows),
                                             static_cast<std::size_t>(part.columns), stride_));
    return read(positions, grid, part, forces);
  }

  bool slab() const { return slab_; }

 private:
  void remake(const GridShape& shape) {
    solver_.reset();  // its memory goes before the new one's comes
    shape_ = shape;
    slab_ = sharing_ == GridSharing::slab || (sharing_ == GridSharing::automatic &&
                                              slab_is_faster(shape, comm_.size(), omp_get_max_threads()));
    solver_ = slab_ ? make_slab_solver<T>(comm_, shape) : make_reduced_solver<T>(comm_, shape);
  }

  /// Unit charges onto the part, a grid for each thread, then summed in thread order.
  void spread(std::span<const float> positions, const GridPlacement& grid, const GridPart& part) {
    const int threads = omp_get_max_threads();
    stride_ =
        static_cast<std::size_t>(part.columns) + spline_lanes;  // the last point's idle lanes stay inside
    const std::size_t cells = stride_ * static_cast<std::size_t>(part.rows);
    grids_.resize(static_cast<std::size_t>(threads));
    for (auto& grid_of_thread : grids_) {
      if (grid_of_thread.size() < cells) grid_of_thread.resize(cells);  // out of memory is told of out here
    }
    const auto points = static_cast<std::int64_t>(positions.size() / 2);
#pragma omp parallel num_threads(threads)
    {
      // A busy machine may grant fewer threads than were asked for.
      const int granted = omp_get_num_threads(), thread = omp_get_thread_num();
      T* own = grids_[static_cast<std::size_t>(thread)].data();
      std::fill_n(own, cells, T{0});
      const auto first = points * thread / granted, last = points * (thread + 1) / granted;
      for (std::int64_t i = first; i < last; ++i) spread_point(positions.data() + 2 * i, grid, part, own);
#pragma omp barrier
#pragma omp for schedule(static)
      for (std::int64_t c = 0; c < static_cast<std::int64_t>(cells); ++c) {
        T sum = grids_[0][static_cast<std::size_t>(c)];
        for (int t = 1; t < granted; ++t)
          sum += grids_[static_cast<std::size_t>(t)][static_cast<std::size_t>(c)];
        grids_[0][static_cast<std::size_t>(c)] = sum;
      }
    }
  }

  void spread_point(const float* position, const GridPlacement& grid, const GridPart& part, T* cells) const {
    const Place<T> place = place_of<T>(position, grid);
    const auto across = evaluate<spline_order, T>(spline_table<spline_order, T>.value, place.t_column);
    const auto down = evaluate<spline_order, T>(spline_table<spline_order, T>.value, place.t_row);
    T* row = cells + static_cast<std::size_t>(place.row - part.first_row) * stride_ +
             (place.column - part.first_column);
    for (int r = 0; r < spline_order; ++r, row += stride_) store<T>(row, load(row) + across * down[r]);
  }

  double read(std::span<const float> positions, const GridPlacement& grid, const GridPart& part,
              std::span<float> forces) const {
    const T* cells = grids_[0].data();
    const T scale = static_cast<T>(-0.5 * grid.inverse_step);
    return base::ordered_sum(positions.size() / 2, [&](std::size_t i) {
      const Place<T> place = place_of<T>(positions.data() + 2 * i, grid);
      const auto& table = spline_table<spline_order, T>;
      const auto across = evaluate<spline_order, T>(table.value, place.t_column);
      const auto across_slope = evaluate<spline_order, T>(table.slope, place.t_column);
      const auto down = evaluate<spline_order, T>(table.value, place.t_row);
      const auto down_slope = evaluate<spline_order, T>(table.slope, place.t_row);
      const T* row = cells + static_cast<std::size_t>(place.row - part.first_row) * stride_ +
                     (place.column - part.first_column);
      LaneVector<T> value = load(row) * down[0], slope = load(row) * down_slope[0];
      for (int r = 1; r < spline_order; ++r) {
        row += stride_;
        const auto lanes = load(row);
        value += lanes * down[r];
        slope += lanes * down_slope[r];
      }
      forces[2 * i] = static_cast<float>(scale * sum_of<T>(value * across_slope));
      forces[2 * i + 1] = static_cast<float>(scale * sum_of<T>(slope * across));
      return sum_of<T>(value * across);
    });
  }

  const comm::Communicator& comm_;
  GridSharing sharing_;
  GridShape shape_;
  bool slab_ = false;
  std::unique_ptr<GridSolver<T>> solver_;
  std::vector<base::AlignedVector<T>>
      grids_;  // threads x (at least part rows x stride); the first is the sum
  std::size_t stride_ = 0;
};

class GridField final : public Field {
 public:
  GridField(const comm::Communicator& comm, std::int64_t points, GridSharing sharing)
      : comm_(comm), points_(points), single_(comm, sharing), double_(comm, sharing) {}

  double compute(std::span<const float> positions, const Box& box, std::span<float> forces) override {
    choose_grid(box);
    in_float64_ = shape_.padded_cells() <= float64_up_to_cells;
    return in_float64_ ? double_.compute(positions, box, shape_, forces)
                       : single_.compute(positions, box, shape_, forces);
  }
  GridShape shape() const override { return shape_; }
  bool shared_by_slabs() const override { return in_float64_ ? double_.slab() : single_.slab(); }

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
                                       GridSharing sharing) {
  return std::make_unique<GridField>(comm, points, sharing);
}

}  // namespace fleetsne::optimize
