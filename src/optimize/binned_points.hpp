#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::optimize {

/// A point on the grid: its position within its cell, and the first of the part's columns that it touches.
template <class T>
struct BinnedPoint {
  T across, down;  // in [0, 1)
  std::int32_t column;
  base::LocalIndex index;
};

/// This rank's points by the rows of the grid, and for every thread a band of rows with about as many points
/// as the others'. Memory is kept from call to call.
template <class T>
class BinnedPoints {
 public:
  /// @param positions  points x 2, within the grid
  /// Points of a row stand in the order of `positions`.
  void bin(std::span<const float> positions, const GridPlacement& placement, const GridShape& shape);

  /// Sorts a row by column, points of a cell in the order of `positions`; different rows at once from
  /// different bands. Returns it.
  std::span<BinnedPoint<T>> sort_row(int row, int band);

  /// The cells that the points touch.
  const GridPart& part() const { return part_; }
  /// Points whose first row is this one of the part (0 .. part rows - spline_order).
  std::span<BinnedPoint<T>> row(int row) {
    const auto r = static_cast<std::size_t>(row);
    return {points_.data() + row_begins_[r], row_begins_[r + 1] - row_begins_[r]};
  }

  int bands() const { return static_cast<int>(band_begins_.size()) - 1; }
  int band_begin(int band) const { return band_begins_[static_cast<std::size_t>(band)]; }
  int band_end(int band) const { return band_begins_[static_cast<std::size_t>(band) + 1]; }

 private:
  struct Chunk;  // a thread's share of the positions
  void count(std::span<const float> positions, const GridPlacement& placement, Chunk& chunk);
  void lay_out(const GridShape& shape);
  void scatter(std::span<const float> positions, const GridPlacement& placement, Chunk& chunk);

  struct Chunk {
    std::int64_t first = 0, last = 0;
    int least_column = 0, most_column = 0;
    std::vector<std::uint32_t> next;  // by row of the grid: points, then where the next goes
  };
  struct Scratch {
    std::vector<std::uint32_t> next;             // by column of the part
    base::AlignedVector<BinnedPoint<T>> sorted;  // a row
  };
  GridPart part_;
  base::AlignedVector<BinnedPoint<T>> points_;
  std::vector<std::uint32_t> row_begins_;  // rows of the part + 1
  std::vector<int> band_begins_;           // bands + 1, rows of the part
  std::vector<Chunk> chunks_;
  std::vector<Scratch> scratch_;  // of the bands
};

extern template class BinnedPoints<float>;
extern template class BinnedPoints<double>;

}  // namespace fleetsne::optimize
