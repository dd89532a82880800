#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include "binned_points.hpp"

#include <span>
#include <vector>

namespace fleetsne::optimize {

/// The part of the grid under this rank's points: charges are spread onto it, potentials and forces are read
/// from it. Rows are shared over the threads by bands; what a band's points spread beyond its last row goes
/// to a few rows of its own, which are added in the order of the bands.
template <class T>
class PointGrid {
 public:
  /// A charge of 1 from every point.
  void spread(BinnedPoints<T>& points);

  /// @param forces  -1/2 of the potential's gradient at each point, in the points' order before binning
  /// @return sum of the potential over the points, the same for any number of threads
  double read(BinnedPoints<T>& points, double inverse_step, std::span<float> forces);
  /// The same, and the potential at each point.
  void read_each(BinnedPoints<T>& points, double inverse_step, std::span<float> forces,
                 std::span<float> potentials);

  /// Takes the cells under the points from a grid that is whole, in place of spreading.
  void take(const BinnedPoints<T>& points, base::MatrixView<const T> grid);

  const TouchedStrips& touched() const { return touched_; }
  /// The part's cells.
  base::MatrixView<T> cells(const GridPart& part) {
    return {cells_.data(), static_cast<std::size_t>(part.rows), static_cast<std::size_t>(part.columns),
            stride_};
  }

 private:
  void make_room(const BinnedPoints<T>& points);
  void spread_band(BinnedPoints<T>& points, int band);
  void add_overlaps(const BinnedPoints<T>& points, int band);
  /// Reads, and calls tell(index, potential) for every point; returns the sum.
  template <class Tell>
  double read_rows(BinnedPoints<T>& points, double inverse_step, std::span<float> forces, Tell&& tell);

  T* cell_row(int row) { return cells_.data() + static_cast<std::size_t>(row) * stride_; }
  T* overlap_row(int band, int row) {
    return overlaps_.data() + static_cast<std::size_t>(band * (spline_order - 1) + row) * stride_;
  }

  std::size_t stride_ = 0;
  base::AlignedVector<T> cells_;     // part rows x stride
  base::AlignedVector<T> overlaps_;  // bands x (spline_order - 1) x stride
  std::vector<double> row_sums_;     // part rows
  TouchedStrips touched_;
};

extern template class PointGrid<float>;
extern template class PointGrid<double>;

}  // namespace fleetsne::optimize
