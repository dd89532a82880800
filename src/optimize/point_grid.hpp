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
