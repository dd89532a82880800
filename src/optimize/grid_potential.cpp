#include "grid_potential.hpp"

#include "fleetsne/optimize/spline.hpp"

#include "spline_spectrum.hpp"

#include <cmath>

namespace fleetsne::optimize {

template <class T>
void GridPotential<T>::set_up(const GridShape& shape, int threads) {
  near_.set_up({.rows = shape.rows,
                .columns = shape.columns,
                .padded_rows = shape.padded_rows,
                .padded_columns = shape.padded_columns,
                .kernel =
                    [&shape](int rows, int columns) {
                      const double y = shape.step * rows, x = shape.step * columns, r2 = x * x + y * y;
                      return near_share(shape, std::sqrt(r2)) * kernel(shape, r2);
                    },
                .row_factors = inverse_spline_spectrum<spline_order>(shape.padded_rows),
                .column_factors = inverse_spline_spectrum<spline_order>(shape.padded_columns),
                .threads = threads});
  far_.set_up(shape, near_.first_row(), near_.last_row(), threads);
}

template class GridPotential<float>;
template class GridPotential<double>;

}  // namespace fleetsne::optimize
