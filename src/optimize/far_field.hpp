#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid.hpp"

#include "convolution.hpp"

#include <vector>

namespace fleetsne::optimize {

/// (1 + r2)^-dof.
double kernel(const GridShape& shape, double r2);

/// The kernel split in two: near, which ends at `shape.near_cells()`, so that a grid's period need not be
/// twice its size, and the smooth rest, which a grid of steps `shape.far_factor` times as wide holds.
double near_share(const GridShape& shape, double r);

/// The far rest of a grid's potential. Charges of the grid's cells go to a wide grid by cubic splines, which
/// is convolved as a whole on every rank, and its potential is added to the cells by the same splines.
template <class T>
class FarField {
 public:
  /// Of this rank's own grids.
  FarField() = default;
  /// Of grids whose rows are shared over `comm`, which it keeps a reference to.
  explicit FarField(const comm::Communicator& comm) : comm_(&comm) {}

  /// For this rank's rows first .. last - 1; memory of a grid before is used again. No communication.
  void set_up(const GridShape& shape, int first_row, int last_row, int threads);

  /// Takes the charges of a row: `shape.columns` numbers, and zeros to the next multiple of the factor. Rows
  /// may come from different threads.
  void take_row(int row, const T* charges);
  /// When all rows have been taken. Collective if shared.
  void solve();
  /// Adds the far potential to a row, up to the next multiple of the factor.
  void add_to_row(int row, T* potentials) const;

 private:
  static constexpr int order = 4;  // of the splines

  T weight(int cell, int node) const {
    return weights_[static_cast<std::size_t>(node) * static_cast<std::size_t>(factor_) +
                    static_cast<std::size_t>(cell)];
  }

  const comm::Communicator* comm_ = nullptr;
  int factor_ = 0, first_row_ = 0, last_row_ = 0, threads_ = 1;
  std::ptrdiff_t rows_ = 0, columns_ = 0;  // of the wide grid
  base::AlignedVector<T> weights_;         // order x factor: of a cell of the grid for the nodes about it
  base::AlignedVector<T> taken_;           // this rank's rows x columns: charges of rows on wide columns
  base::AlignedVector<T> wide_;            // rows x columns: charges, then coefficients of the potential
  Convolution<T> convolution_;
};

extern template class FarField<float>;
extern template class FarField<double>;

}  // namespace fleetsne::optimize
