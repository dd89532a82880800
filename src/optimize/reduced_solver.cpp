#include "fleetsne/optimize/fftw.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include "grid_kernel.hpp"

#include <algorithm>

namespace fleetsne::optimize {
namespace {

template <class T>
class ReducedSolver final : public GridSolver<T> {
 public:
  ReducedSolver(const comm::Communicator& comm, const GridShape& shape)
      : comm_(comm),
        shape_(shape),
        half_columns_(static_cast<std::size_t>(shape.padded_columns) / 2 + 1),
        work_(2 * half_columns_ * static_cast<std::size_t>(shape.padded_rows)),
        spectrum_(half_columns_ * static_cast<std::size_t>(shape.padded_rows)) {
    if (comm.size() > 1) shared_.resize(shape.cells());
    threads_ = transform_threads(shape);
    Fftw<T>::plan_for(threads_);
    forward_ = FftPlan<T>(
        Fftw<T>::forward(shape.padded_rows, shape.padded_columns, work_.reals(), work_.complexes()));
    backward_ = FftPlan<T>(
        Fftw<T>::backward(shape.padded_rows, shape.padded_columns, work_.complexes(), work_.reals()));
    make_spectrum();
  }

  void solve(const GridPart& part, base::MatrixView<T> values) override {
    std::fill_n(work_.reals(), work_.size(), T{0});
    if (comm_.size() > 1) {
      sum_over_ranks(part, values);
    } else {
      for (int r = 0; r < part.rows; ++r) {
        std::copy_n(values.row(static_cast<std::size_t>(r)).data(), part.columns,
                    work_row(part.first_row + r) + part.first_column);
      }
    }
    convolve();
    for (int r = 0; r < part.rows; ++r) {
      std::copy_n(work_row(part.first_row + r) + part.first_column, part.columns,
                  values.row(static_cast<std::size_t>(r)).data());
    }
  }

 private:
  T* work_row(int row) { return work_.reals() + static_cast<std::size_t>(row) * 2 * half_columns_; }

  void make_spectrum() {
    for (int r = 0; r < shape_.padded_rows; ++r) {
      for (int c = 0; c < shape_.padded_columns; ++c)
        work_row(r)[c] = static_cast<T>(wrapped_kernel(shape_, r, c));
    }
    forward_.execute();
    const auto by_row = inverse_spline_spectrum(shape_.padded_rows, shape_.padded_rows);
    const auto by_column = inverse_spline_spectrum(shape_.padded_columns, static_cast<int>(half_columns_));
    const double scale = 1 / static_cast<double>(shape_.padded_cells());
    for (std::size_t r = 0; r < by_row.size(); ++r) {
      for (std::size_t c = 0; c < half_columns_; ++c) {
        const std::size_t at = r * half_columns_ + c;
        spectrum_[at] =
            static_cast<T>(static_cast<double>(work_.complexes()[at][0]) * by_row[r] * by_column[c] * scale);
      }
    }
  }

  void sum_over_ranks(const GridPart& part, base::MatrixView<T> values) {
    std::ranges::fill(shared_, T{0});
    const auto columns = static_cast<std::size_t>(shape_.columns);
    for (int r = 0; r < part.rows; ++r) {
      std::copy_n(
          values.row(static_cast<std::size_t>(r)).data(), part.columns,
          shared_.data() + static_cast<std::size_t>(part.first_row + r) * columns + part.first_column);
    }
    comm_.all_reduce(std::span<T>(shared_), comm::Reduction::sum);
    for (int r = 0; r < shape_.rows; ++r) {
      std::copy_n(shared_.data() + static_cast<std::size_t>(r) * columns, columns, work_row(r));
    }
  }

  void convolve() {
    forward_.execute();
    auto* values = work_.complexes();
    const auto count = static_cast<std::int64_t>(spectrum_.size());
#pragma omp parallel for schedule(static) num_threads(threads_)
    for (std::int64_t i = 0; i < count; ++i) {
      values[i][0] *= spectrum_[static_cast<std::size_t>(i)];
      values[i][1] *= spectrum_[static_cast<std::size_t>(i)];
    }
    backward_.execute();
  }

  const comm::Communicator& comm_;
  GridShape shape_;
  std::size_t half_columns_;
  FftBuffer<T> work_;                // padded rows x 2 half columns: charges, spectrum, potential
  base::AlignedVector<T> spectrum_;  // padded rows x half columns
  base::AlignedVector<T> shared_;    // rows x columns, only with several ranks
  FftPlan<T> forward_, backward_;
  int threads_ = 1;
};

}  // namespace

template <class T>
std::unique_ptr<GridSolver<T>> make_reduced_solver(const comm::Communicator& comm, const GridShape& shape) {
  return std::make_unique<ReducedSolver<T>>(comm, shape);
}

template std::unique_ptr<GridSolver<float>> make_reduced_solver(const comm::Communicator&, const GridShape&);
template std::unique_ptr<GridSolver<double>> make_reduced_solver(const comm::Communicator&, const GridShape&);

}  // namespace fleetsne::optimize
