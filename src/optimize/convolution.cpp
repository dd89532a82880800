#include "convolution.hpp"

#include "fleetsne/comm/patience.hpp"

#include <cstring>

namespace fleetsne::optimize {
namespace {

constexpr std::ptrdiff_t block_columns = 8;  // convolved at once: a cache line of complex floats in each row

/// Rows start at cache lines, not all at the same place in the cache.
std::ptrdiff_t stride_for(int padded_columns) {
  const std::ptrdiff_t half = padded_columns / 2 + 1;
  const std::ptrdiff_t lines = (half + block_columns - 1) / block_columns;
  return (lines + (lines % 8 == 0 ? 1 : 0)) * block_columns;
}

/// A transposition among all ranks.
template <class T>
void execute_together(const FftPlan<T>& transposition) {
  const comm::Waiting waiting;
  transposition.execute();
}

/// FFTW has the ranks agree on it.
template <class T>
FftPlan<T> plan_together(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t width, FftBuffer<T>& in,
                         FftBuffer<T>& out, const comm::Communicator& comm) {
  const comm::Waiting waiting;
  return FftPlan<T>(Fftw<T>::transposition(rows, columns, width, in.reals(), out.reals(), comm.handle()));
}

}  // namespace

template <class T>
void Convolution<T>::set_up(const ConvolutionSetup& setup) {
  FLEETSNE_EXPECT(setup.padded_rows % 2 == 0 && setup.padded_columns % 2 == 0);
  FLEETSNE_EXPECT(setup.rows <= setup.padded_rows && setup.columns <= setup.padded_columns);
  threads_ = setup.threads;
  all_rows_ = rows_ = setup.rows;
  columns_ = setup.columns;
  period_ = setup.padded_rows;
  stride_ = my_columns_ = stride_for(setup.padded_columns);
  first_row_ = first_column_ = 0;
  std::ptrdiff_t reals = 2 * rows_ * stride_;
  if (comm_ != nullptr) {
    Fftw<T>::initialise_mpi();
    reals = Fftw<T>::transposed_size(all_rows_, stride_, 2, comm_->handle(), &rows_, &first_row_,
                                     &my_columns_, &first_column_);
    by_columns_.make_room(static_cast<std::size_t>(std::max<std::ptrdiff_t>(reals, 2)));
  }
  // A line to plan with, even where this rank has none.
  by_rows_.make_room(static_cast<std::size_t>(std::max(reals, 2 * stride_)));
  blocks_.make_room(static_cast<std::size_t>(2 * threads_ * block_columns * period_));
  make_spectrum(setup);

  forward_row_ = FftPlan<T>(Fftw<T>::forward_line(setup.padded_columns, by_rows_.reals()));
  backward_row_ = FftPlan<T>(Fftw<T>::backward_line(setup.padded_columns, by_rows_.reals()));
  const auto plan_lines = [&](int sign) {
    return FftPlan<T>(Fftw<T>::lines(static_cast<int>(period_), static_cast<int>(block_columns),
                                     blocks_.complexes(), sign));
  };
  forward_block_ = plan_lines(FFTW_FORWARD);
  backward_block_ = plan_lines(FFTW_BACKWARD);
  if (comm_ == nullptr) return;
  to_columns_ = plan_together(all_rows_, stride_, 2, by_rows_, by_columns_, *comm_);
  to_rows_ = plan_together(stride_, all_rows_, 2, by_columns_, by_rows_, *comm_);
  bytes_sent_ = static_cast<std::int64_t>(2 * sizeof(T)) *
                (rows_ * (stride_ - my_columns_) + my_columns_ * (all_rows_ - rows_));
}

namespace {

/// Spectra of even sequences of one period, for some threads at once.
class EvenSpectra {
 public:
  EvenSpectra(int period, int threads)
      : half_(period / 2),
        line_(period + 2) {  // even, so that all lines are aligned as the plan was made for
    lines_.make_room(static_cast<std::size_t>(line_) * static_cast<std::size_t>(threads));
    plan_ = FftPlan<double>(Fftw<double>::forward_line(period, lines_.reals()));
  }

  /// value(i) for i in 0 .. period / 2 are the sequence's; put(k, ...) gets the frequencies 0 .. period / 2.
  template <class Value, class Put>
  void transform(Value&& value, Put&& put) const {
    double* line = lines_.reals() + static_cast<std::ptrdiff_t>(line_) * omp_get_thread_num();
    for (int i = 0; i <= half_; ++i) line[i] = value(i);
    for (int i = 1; i < half_; ++i) line[2 * half_ - i] = line[i];
    Fftw<double>::execute_forward(plan_.get(), line);
    for (int k = 0; k <= half_; ++k) put(k, line[2 * k]);
  }

 private:
  int half_, line_;
  FftBuffer<double> lines_;
  FftPlan<double> plan_;
};

}  // namespace

/// A quarter of the kernel holds all of it. In float64: the division by the spline's small high frequencies
/// magnifies what is lost.
template <class T>
void Convolution<T>::make_spectrum(const ConvolutionSetup& setup) {
  const std::ptrdiff_t quarter_rows = period_ / 2 + 1;
  const std::ptrdiff_t quarter_columns = setup.padded_columns / 2 + 1;
  std::ptrdiff_t rows = quarter_rows, first_row = 0, columns = stride_, first_column = 0;
  std::ptrdiff_t numbers = rows * stride_;
  FftBuffer<double>&by_rows = quarter_by_rows_, &by_columns = quarter_by_columns_;
  FftPlan<double> transposition;
  if (comm_ != nullptr) {
    Fftw<double>::initialise_mpi();
    numbers = Fftw<double>::transposed_size(quarter_rows, stride_, 1, comm_->handle(), &rows, &first_row,
                                            &columns, &first_column);
    FLEETSNE_EXPECT(columns == my_columns_ && first_column == first_column_);
  }
  by_rows.make_room(static_cast<std::size_t>(std::max<std::ptrdiff_t>(numbers, 1)));
  if (comm_ != nullptr) {
    by_columns.make_room(static_cast<std::size_t>(std::max<std::ptrdiff_t>(numbers, 1)));
    transposition = plan_together(quarter_rows, stride_, 1, by_rows, by_columns, *comm_);
  }

  const EvenSpectra of_rows(setup.padded_columns, threads_), of_columns(setup.padded_rows, threads_);
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (std::ptrdiff_t r = 0; r < rows; ++r) {
    double* row = by_rows.reals() + r * stride_;
    of_rows.transform([&](int c) { return setup.kernel(static_cast<int>(first_row + r), c); },
                      [&](int k, double value) { row[k] = value; });
  }
  if (comm_ != nullptr) execute_together(transposition);

  spectrum_.assign(static_cast<std::size_t>(my_columns_ * quarter_rows), T{0});
  const double scale = 1 / (static_cast<double>(period_) * setup.padded_columns);
  const double* from = comm_ != nullptr ? by_columns.reals() : by_rows.reals();
  const std::ptrdiff_t row_step = comm_ != nullptr ? 1 : stride_;
  const std::ptrdiff_t column_step = comm_ != nullptr ? quarter_rows : 1;
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (std::ptrdiff_t c = 0; c < my_columns_; ++c) {
    if (first_column_ + c >= quarter_columns) continue;  // only rounded up
    const double factor = scale * setup.column_factors[static_cast<std::size_t>(first_column_ + c)];
    T* spectrum = spectrum_.data() + c * quarter_rows;
    of_columns.transform(
        [&](int r) { return from[r * row_step + c * column_step]; },
        [&](int k, double value) {
          spectrum[k] = static_cast<T>(value * factor * setup.row_factors[static_cast<std::size_t>(k)]);
        });
  }
}

template <class T>
void Convolution<T>::convolve_columns() {
  if (comm_ != nullptr) execute_together(to_columns_);
  const std::ptrdiff_t count = (my_columns_ + block_columns - 1) / block_columns;
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (std::ptrdiff_t b = 0; b < count; ++b) {
    convolve_block(b * block_columns, blocks_.complexes() + omp_get_thread_num() * block_columns * period_);
  }
  if (comm_ == nullptr) return;
  execute_together(to_rows_);
  comm_->count_traffic({bytes_sent_, bytes_sent_, 2 * (comm_->size() - 1)});
}

template <class T>
void Convolution<T>::convolve_block(std::ptrdiff_t first, Complex* block) {
  const std::ptrdiff_t count = std::min(block_columns, my_columns_ - first);
  Complex* data =
      comm_ != nullptr ? by_columns_.complexes() + first * all_rows_ : by_rows_.complexes() + first;
  if (comm_ != nullptr) {
    for (std::ptrdiff_t c = 0; c < count; ++c) {
      std::memcpy(block + c * period_, data + c * all_rows_,
                  static_cast<std::size_t>(all_rows_) * sizeof(Complex));
    }
  } else {
    for (std::ptrdiff_t r = 0; r < all_rows_; ++r) {
      for (std::ptrdiff_t c = 0; c < block_columns; ++c)
        std::memcpy(block + c * period_ + r, data + r * stride_ + c, sizeof(Complex));
    }
  }
  for (std::ptrdiff_t c = 0; c < block_columns; ++c) {
    T* column = reinterpret_cast<T*>(block + c * period_);
    std::fill(column + (c < count ? 2 * all_rows_ : 0), column + 2 * period_, T{0});
  }
  Fftw<T>::execute_lines(forward_block_.get(), block);
  for (std::ptrdiff_t c = 0; c < count; ++c) {
    const std::ptrdiff_t half = period_ / 2;
    const T* spectrum = spectrum_.data() + (first + c) * (half + 1);
    Complex* column = block + c * period_;
    for (std::ptrdiff_t r = 0; r <= half; ++r) {
      column[r][0] *= spectrum[r];
      column[r][1] *= spectrum[r];
    }
    for (std::ptrdiff_t r = half + 1; r < period_; ++r) {  // the spectrum is even
      column[r][0] *= spectrum[period_ - r];
      column[r][1] *= spectrum[period_ - r];
    }
  }
  Fftw<T>::execute_lines(backward_block_.get(), block);
  if (comm_ != nullptr) {
    for (std::ptrdiff_t c = 0; c < count; ++c) {
      std::memcpy(data + c * all_rows_, block + c * period_,
                  static_cast<std::size_t>(all_rows_) * sizeof(Complex));
    }
  } else {
    for (std::ptrdiff_t r = 0; r < all_rows_; ++r) {
      for (std::ptrdiff_t c = 0; c < block_columns; ++c)
        std::memcpy(data + r * stride_ + c, block + c * period_ + r, sizeof(Complex));
    }
  }
}

template class Convolution<float>;
template class Convolution<double>;

}  // namespace fleetsne::optimize
