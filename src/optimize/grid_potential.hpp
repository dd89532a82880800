#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid.hpp"

#include "convolution.hpp"
#include "far_field.hpp"

#include <cstdint>

namespace fleetsne::optimize {

/// From the charges of a grid's splines to the coefficients of the spline that is their potential: what is
/// near by a convolution of the grid, the rest on a wider one.
template <class T>
class GridPotential {
 public:
  /// Of this rank's own grids.
  GridPotential() = default;
  /// Of grids shared over `comm` by rows.
  explicit GridPotential(const comm::Communicator& comm) : near_(comm), far_(comm) {}

  /// Collective if shared.
  void set_up(const GridShape& shape, int threads);

  int first_row() const { return near_.first_row(); }
  int last_row() const { return near_.last_row(); }
  std::int64_t transposes_sent() const { return near_.bytes_sent(); }

  /// As Convolution::run.
  template <class Load, class Store>
  void run(Load&& load, Store&& store) {
    near_.run(
        [&](int row, T* to) {
          load(row, to);
          far_.take_row(row, to);
        },
        [&] { far_.solve(); },
        [&](int row, T* from) {
          far_.add_to_row(row, from);
          store(row, static_cast<const T*>(from));
        });
  }

 private:
  Convolution<T> near_;
  FarField<T> far_;
};

extern template class GridPotential<float>;
extern template class GridPotential<double>;

}  // namespace fleetsne::optimize
