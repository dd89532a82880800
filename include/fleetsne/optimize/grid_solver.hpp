#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/field.hpp"
#include "fleetsne/optimize/grid.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace fleetsne::optimize {

/// Columns that travel together: a cache line of floats.
inline constexpr int strip_columns = 16;

/// The cells of the grid that this rank's points touch: a rectangle, columns from a multiple of
/// `strip_columns` on and as many whole strips, of which some rows or strips may be touched by none.
struct GridPart {
  int first_row = 0, rows = 0, first_column = 0, columns = 0;
};

/// Which strips of a part hold points' first cells: a bit for each strip of each row.
class TouchedStrips {
 public:
  /// Forgets all.
  void reset(const GridPart& part) {
    words_ = words_for(part);
    bits_.assign(static_cast<std::size_t>(part.rows) * words_, 0);
  }
  static std::size_t words_for(const GridPart& part) {
    return (static_cast<std::size_t>(part.columns / strip_columns) + 63) / 64;
  }
  /// A point touches columns `column` to `column + spline_order - 1` of the part, from its row `row` on
  /// downwards. Threads may mark different rows.
  void mark(int row, int column) {
    for (const int strip : {column / strip_columns, (column + spline_order - 1) / strip_columns}) {
      bits_[static_cast<std::size_t>(row) * words_ + static_cast<std::size_t>(strip) / 64] |= std::uint64_t{1}
                                                                                              << (strip % 64);
    }
  }
  std::size_t words() const { return words_; }
  /// A word of the strips of a part's row that are touched.
  std::uint64_t word(int row, std::size_t index) const {
    std::uint64_t bits = 0;
    for (int r = std::max(0, row - spline_order + 1); r <= row; ++r)
      bits |= bits_[static_cast<std::size_t>(r) * words_ + index];
    return bits;
  }

 private:
  std::size_t words_ = 0;            // in a row
  std::vector<std::uint64_t> bits_;  // rows x words
};

/// Turns the charges of all ranks into the coefficients of the spline that is their potential
/// phi(y) = sum_j q_j / (1 + |y - y_j|^2), on one periodic grid that is large enough for nothing to wrap
/// around. One forward and one backward transform: the kernel's spectrum over the square of the spline's own.
template <class T>
class GridSolver {
 public:
  virtual ~GridSolver() = default;

  /// Plans for a grid of this shape; memory of the one before is used again. Collective.
  virtual void set_up(const GridShape& shape) = 0;

  /// @param part     this rank's cells
  /// @param touched  which of them; the others hold no charge, and what they hold afterwards is not defined
  /// @param values   in: its points' charges; out: coefficients of the potential of all ranks' charges, in
  /// the same cells
  /// @note Collective. Bitwise the same for the same ranks and threads. Allocates nothing, unless buffers for
  /// other ranks' strips must grow.
  virtual void solve(const GridPart& part, const TouchedStrips& touched, base::MatrixView<T> values) = 0;

  /// Bytes sent by this rank so far.
  const FieldTraffic& traffic() const { return traffic_; }

 protected:
  FieldTraffic traffic_;
};

/// Every rank holds the whole grid: charges are all-reduced, each transforms on its own. Collective.
template <class T>
std::unique_ptr<GridSolver<T>> make_reduced_solver(const comm::Communicator& comm);

/// Every rank holds rows of the grid: the touched strips go to the rows' owners, FFTW-MPI transposes between
/// the transforms, potentials come back in the same strips. Collective.
template <class T>
std::unique_ptr<GridSolver<T>> make_slab_solver(const comm::Communicator& comm);

/// OpenMP threads that a rank's share of the transforms is worth.
int transform_threads(const GridShape& shape);

/// Whether slabs are expected to be faster for this grid on so many ranks of so many threads, by a cost
/// model, so that the choice (and the bits) do not change from run to run.
bool slab_is_faster(const GridShape& shape, int ranks, int threads);

extern template std::unique_ptr<GridSolver<float>> make_reduced_solver(const comm::Communicator&);
extern template std::unique_ptr<GridSolver<double>> make_reduced_solver(const comm::Communicator&);
extern template std::unique_ptr<GridSolver<float>> make_slab_solver(const comm::Communicator&);
extern template std::unique_ptr<GridSolver<double>> make_slab_solver(const comm::Communicator&);

}  // namespace fleetsne::optimize
