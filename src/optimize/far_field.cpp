#include "far_field.hpp"

#include "fleetsne/optimize/spline.hpp"

#include "spline_spectrum.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::optimize {
namespace {

/// From 1 at s = 0 to 0 at s = 1, the first four derivatives zero at both.
double smooth_step_down(double s) {
  if (s <= 0) return 1;
  if (s >= 1) return 0;
  const double s4 = s * s * s * s;
  return 1 - s4 * s * (126 + s * (-420 + s * (540 + s * (-315 + s * 70))));
}

/// Frequencies of the wide grid are those of the grid, `factor` times as slow: its own splines, and the
/// grid's, are divided out together.
template <int Order>
std::vector<double> inverse_spectra(int period, int factor) {
  std::vector<double> result = inverse_spline_spectrum<Order>(period);
  const auto of_cells = inverse_spline_spectrum<spline_order>(period * factor, period / 2 + 1);
  for (std::size_t k = 0; k < result.size(); ++k) result[k] *= of_cells[k];
  return result;
}

}  // namespace

double kernel(const GridShape& shape, double r2) {
  return shape.dof == 1 ? 1 / (1 + r2) : std::exp(-shape.dof * std::log1p(r2));
}

double near_share(const GridShape& shape, double r) {
  if (shape.far_factor == 0) return 1;
  const double end = shape.step * shape.near_cells(), begin = end / 3;
  return smooth_step_down((r - begin) / (end - begin));
}

template <class T>
void FarField<T>::set_up(const GridShape& shape, int first_row, int last_row, int threads) {
  factor_ = shape.far_factor;
  if (factor_ == 0) return;
  FLEETSNE_EXPECT(factor_ % spline_lanes == 0);
  first_row_ = first_row;
  last_row_ = last_row;
  threads_ = threads;
  rows_ = (shape.rows - 1) / factor_ + order;
  columns_ = (shape.columns - 1) / factor_ + order;
  weights_.resize(static_cast<std::size_t>(order) * static_cast<std::size_t>(factor_));
  for (int cell = 0; cell < factor_; ++cell) {
    const auto at_cell =
        evaluate<order, T>(spline_table<order, T>.value, static_cast<T>(cell) / static_cast<T>(factor_));
    for (int node = 0; node < order; ++node)
      weights_[static_cast<std::size_t>(node) * static_cast<std::size_t>(factor_) +
               static_cast<std::size_t>(cell)] = at_cell[static_cast<std::size_t>(node)];
  }
  taken_.resize(static_cast<std::size_t>((last_row - first_row) * columns_));
  wide_.resize(static_cast<std::size_t>(rows_ * columns_));
  ConvolutionSetup setup;
  setup.rows = static_cast<int>(rows_);
  setup.columns = static_cast<int>(columns_);
  setup.padded_rows = good_transform_size(2 * setup.rows + kernel_tail);
  setup.padded_columns = good_transform_size(2 * setup.columns + kernel_tail);
  setup.kernel = [shape, step = shape.step * factor_](int rows, int columns) {
    const double r2 =
        step * step * (static_cast<double>(rows) * rows + static_cast<double>(columns) * columns);
    return (1 - near_share(shape, std::sqrt(r2))) * kernel(shape, r2);
  };
  setup.row_factors = inverse_spectra<order>(setup.padded_rows, factor_);
  setup.column_factors = inverse_spectra<order>(setup.padded_columns, factor_);
  convolution_.set_up(setup);
}

template <class T>
void FarField<T>::take_row(int row, const T* charges) {
  if (factor_ == 0) return;
  T* to = taken_.data() + (row - first_row_) * columns_;
  std::fill_n(to, columns_, T{0});
  for (std::ptrdiff_t c = 0; c + order <= columns_; ++c) {
    SplineLanes<T> sums[order];
    for (int cell = 0; cell < factor_; cell += spline_lanes) {
      const auto lanes = SplineLanes<T>::load(charges + c * factor_ + cell);
      for (int node = 0; node < order; ++node)
        sums[node] += lanes * SplineLanes<T>::load(weights_.data() + node * factor_ + cell);
    }
    for (int node = 0; node < order; ++node) {
      const auto two = sums[node].folded().folded();
      to[c + node] += two[0] + two[1];
    }
  }
}

template <class T>
void FarField<T>::solve() {
  if (factor_ == 0) return;
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (std::ptrdiff_t r = 0; r < rows_; ++r) {
    T* wide = wide_.data() + r * columns_;
    std::fill_n(wide, columns_, T{0});
    for (int node = 0; node < order; ++node) {
      const auto cell_row = static_cast<int>((r - node) * factor_);  // the first whose node this is
      const int last = std::min(cell_row + factor_, last_row_);
      for (int row = std::max(cell_row, first_row_); row < last; ++row) {
        const T factor = weight(row - cell_row, node);
        const T* taken = taken_.data() + (row - first_row_) * columns_;
        for (std::ptrdiff_t c = 0; c < columns_; ++c) wide[c] += factor * taken[c];
      }
    }
  }
  if (comm_ != nullptr)
    comm_->all_reduce(std::span<T>(wide_.data(), static_cast<std::size_t>(rows_ * columns_)),
                      comm::Reduction::sum);
  convolution_.run(
      [&](int row, T* to) { std::copy_n(wide_.data() + row * columns_, columns_, to); }, [] {},
      [&](int row, const T* from) { std::copy_n(from, columns_, wide_.data() + row * columns_); });
}

template <class T>
void FarField<T>::add_to_row(int row, T* potentials) const {
  if (factor_ == 0) return;
  const int wide_row = row / factor_, cell_of_row = row % factor_;
  T nodes[order];
  for (int node = 0; node < order; ++node) nodes[node] = weight(cell_of_row, node);
  const T* wide = wide_.data() + wide_row * columns_;
  const auto across = [&](std::ptrdiff_t c) {
    T sum = 0;
    for (int node = 0; node < order; ++node) sum += nodes[node] * wide[node * columns_ + c];
    return sum;
  };
  T at[order] = {0, across(0), across(1), across(2)};
  for (std::ptrdiff_t c = 0; c + order <= columns_; ++c) {
    for (int node = 0; node + 1 < order; ++node) at[node] = at[node + 1];
    at[order - 1] = across(c + order - 1);
    for (int cell = 0; cell < factor_; cell += spline_lanes) {
      T* to = potentials + c * factor_ + cell;
      auto lanes = SplineLanes<T>::load(to);
      for (int node = 0; node < order; ++node)
        lanes += SplineLanes<T>::load(weights_.data() + node * factor_ + cell) * at[node];
      lanes.store(to);
    }
  }
}

template class FarField<float>;
template class FarField<double>;

}  // namespace fleetsne::optimize
