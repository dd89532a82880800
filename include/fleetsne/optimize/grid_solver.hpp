#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid.hpp"

#include <memory>

namespace fleetsne::optimize {

/// The cells of the grid that this rank's points touch.
struct GridPart {
  int first_row = 0, rows = 0, first_column = 0, columns = 0;
};

/// Turns the charges of all ranks into the coefficients of the spline that is their potential
/// phi(y) = sum_j q_j / (1 + |y - y_j|^2), on one periodic grid that is large enough for nothing to wrap
/// around. One forward and one backward transform: the kernel's spectrum over the square of the spline's own.
template <class T>
class GridSolver {
 public:
  virtual ~GridSolver() = default;

  /// @param part    this rank's cells
  /// @param values  in: its points' charges; out: coefficients of the potential of all ranks' charges, in the
  /// same cells
  /// @note Collective. Bitwise the same for the same ranks and threads.
  virtual void solve(const GridPart& part, base::MatrixView<T> values) = 0;
};

/// Every rank holds the whole grid: charges are all-reduced, each transforms on its own. Collective.
template <class T>
std::unique_ptr<GridSolver<T>> make_reduced_solver(const comm::Communicator& comm, const GridShape& shape);

/// Every rank holds rows of the grid: charges go to the rows' owners, FFTW-MPI transforms, potentials come
/// back. Collective.
template <class T>
std::unique_ptr<GridSolver<T>> make_slab_solver(const comm::Communicator& comm, const GridShape& shape);

/// OpenMP threads that a rank's share of the transforms is worth.
int transform_threads(const GridShape& shape);

/// Whether slabs are expected to be faster for this grid on so many ranks of so many threads, by a cost
/// model, so that the choice (and the bits) do not change from run to run.
bool slab_is_faster(const GridShape& shape, int ranks, int threads);

extern template std::unique_ptr<GridSolver<float>> make_reduced_solver(const comm::Communicator&,
                                                                       const GridShape&);
extern template std::unique_ptr<GridSolver<double>> make_reduced_solver(const comm::Communicator&,
                                                                        const GridShape&);
extern template std::unique_ptr<GridSolver<float>> make_slab_solver(const comm::Communicator&,
                                                                    const GridShape&);
extern template std::unique_ptr<GridSolver<double>> make_slab_solver(const comm::Communicator&,
                                                                     const GridShape&);

}  // namespace fleetsne::optimize
