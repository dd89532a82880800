#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/fftw.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace fleetsne::optimize {

/// What a grid is convolved with.
struct ConvolutionSetup {
  int rows = 0, columns = 0;                ///< of the grid; charges and potentials stand there
  int padded_rows = 0, padded_columns = 0;  ///< periods of the transform, both even
  /// The kernel by distance in rows (0 .. padded_rows / 2) and columns; it is even in both and periodic.
  std::function<double(int, int)> kernel;
  /// Factors on the kernel's spectrum by row frequency (0 .. padded_rows / 2) and by column frequency.
  std::vector<double> row_factors, column_factors;
  int threads = 1;
};

/// A grid's convolution with an even kernel, by FFT: lines along the grid's own rows, then all columns of the
/// half spectrum, a few at a time there and back while they lie in the cache. Rows that are only padding are
/// never stored, transformed or sent. The grid is this rank's own or shared over ranks by rows; then
/// FFTW-MPI transposes it to be shared by columns and back. A run allocates nothing.
template <class T>
class Convolution {
 public:
  /// Of this rank's own grids.
  Convolution() = default;
  /// Of grids shared over `comm`, which it keeps a reference to.
  explicit Convolution(const comm::Communicator& comm) : comm_(&comm) {}

  /// Plans for a grid and works out the kernel's spectrum; memory of a grid before is used again. Collective
  /// if shared.
  void set_up(const ConvolutionSetup& setup);

  /// This rank's rows of the grid.
  int first_row() const { return static_cast<int>(first_row_); }
  int last_row() const { return static_cast<int>(first_row_ + rows_); }

  /// @param load     load(row, T* to) writes the charges of a row, `columns` of them, before zeros; from any
  /// thread
  /// @param between  between() is called once all rows are loaded
  /// @param store    store(row, T* from) takes its potentials
  /// @note Collective if shared. Bitwise the same for any number of threads.
  template <class Load, class Between, class Store>
  void run(Load&& load, Between&& between, Store&& store) {
    const auto first = static_cast<int>(first_row_), last = last_row();
#pragma omp parallel for schedule(static) num_threads(threads_)
    for (int r = first; r < last; ++r) {
      T* row = row_of(r);
      std::fill(row + columns_, row + 2 * stride_, T{0});
      load(r, row);
      Fftw<T>::execute_forward(forward_row_.get(), row);
    }
    between();
    convolve_columns();
#pragma omp parallel for schedule(static) num_threads(threads_)
    for (int r = first; r < last; ++r) {
      T* row = row_of(r);
      Fftw<T>::execute_backward(backward_row_.get(), row);
      store(r, row);
    }
  }

  /// Bytes that a run sends from this rank.
  std::int64_t bytes_sent() const {
    return bytes_sent_;
  }

 private:
  using Complex = typename Fftw<T>::Complex;

  void make_spectrum(const ConvolutionSetup& setup);
  void convolve_columns();
  void convolve_block(std::ptrdiff_t first, Complex* block);

  T* row_of(int row) {
    return by_rows_.reals() + 2 * stride_ * (row - first_row_);
  }

  const comm::Communicator* comm_ = nullptr;  // not shared
  int threads_ = 1;
  std::ptrdiff_t all_rows_ = 0, columns_ = 0, period_ = 0;  // of the grid; of a column of the spectrum
  std::ptrdiff_t stride_ = 0;                // complex numbers in a row: its half spectrum, rounded up
  std::ptrdiff_t rows_ = 0, first_row_ = 0;  // this rank's
  std::ptrdiff_t my_columns_, first_column_ = 0;
  FftBuffer<T> by_rows_;             // rows x 2 stride
  FftBuffer<T> by_columns_;          // my columns x all rows, complex; only if shared
  FftBuffer<T> blocks_;              // threads x columns of a block x period, complex
  base::AlignedVector<T> spectrum_;  // my columns x (period / 2 + 1)
  FftPlan<T> forward_row_, backward_row_, forward_block_, backward_block_, to_columns_, to_rows_;
  FftBuffer<double> quarter_by_rows_, quarter_by_columns_;  // of the kernel, while it is set up
  std::int64_t bytes_sent_ = 0;
};

extern template class Convolution<float>;
extern template class Convolution<double>;

}  // namespace fleetsne::optimize
