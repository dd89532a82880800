#include "fleetsne/optimize/fftw.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include "grid_kernel.hpp"

#include <algorithm>
#include <vector>

namespace fleetsne::optimize {
namespace {

/// Rows first .. last - 1.
struct RowRange {
  int first = 0, last = 0;
  int count() const { return std::max(0, last - first); }
};

RowRange common_rows(RowRange a, RowRange b) {
  return {std::max(a.first, b.first), std::min(a.last, b.last)};
}
RowRange rows_of(const GridPart& part) {
  return {part.first_row, part.first_row + part.rows};
}

template <class T>
class SlabSolver final : public GridSolver<T> {
 public:
  SlabSolver(const comm::Communicator& comm, const GridShape& shape)
      : comm_(comm), shape_(shape), half_columns_(shape.padded_columns / 2 + 1) {
    threads_ = transform_threads(shape);
    Fftw<T>::plan_for(threads_);
    std::ptrdiff_t rows = 0, first_row = 0;
    const std::ptrdiff_t complexes = Fftw<T>::local_size(shape.padded_rows, half_columns_, comm.handle(),
                                                         &rows, &first_row, &my_columns_, &first_column_);
    work_ = FftBuffer<T>(2 * static_cast<std::size_t>(std::max<std::ptrdiff_t>(complexes, 1)));
    forward_ = FftPlan<T>(Fftw<T>::forward_mpi(shape.padded_rows, shape.padded_columns, work_.reals(),
                                               work_.complexes(), comm.handle()));
    backward_ = FftPlan<T>(Fftw<T>::backward_mpi(shape.padded_rows, shape.padded_columns, work_.complexes(),
                                                 work_.reals(), comm.handle()));
    slabs_ = comm.all_gather(RowRange{static_cast<int>(first_row), static_cast<int>(first_row + rows)});
    make_spectrum();
  }

  void solve(const GridPart& part, base::MatrixView<T> values) override {
    const auto parts = comm_.all_gather(part);
    std::fill_n(work_.reals(), work_.size(), T{0});
    collect_charges(part, parts, values);
    convolve();
    return_potentials(part, parts, values);
    // What FFTW-MPI moved for the two transposes: all but the diagonal block of the half spectrum.
    const auto bytes = static_cast<std::int64_t>(sizeof(T)) * 2 * my_slab().count() * half_columns_;
    const std::int64_t sent = 2 * bytes * (comm_.size() - 1) / comm_.size();
    comm_.count_traffic({sent, sent, 2 * (comm_.size() - 1)});
  }

 private:
  const RowRange& my_slab() const { return slabs_[static_cast<std::size_t>(comm_.rank())]; }
  T* work_row(int row) {
    return work_.reals() + static_cast<std::ptrdiff_t>(row - my_slab().first) * 2 * half_columns_;
  }

  void make_spectrum() {
    for (int r = my_slab().first; r < my_slab().last; ++r) {
      for (int c = 0; c < shape_.padded_columns; ++c)
        work_row(r)[c] = static_cast<T>(wrapped_kernel(shape_, r, c));
    }
    forward_.execute();
    const auto by_row = inverse_spline_spectrum(shape_.padded_rows, shape_.padded_rows);
    const auto by_column = inverse_spline_spectrum(shape_.padded_columns, static_cast<int>(half_columns_));
    const double scale = 1 / static_cast<double>(shape_.padded_cells());
    spectrum_.resize(static_cast<std::size_t>(my_columns_) * by_row.size());
    for (std::ptrdiff_t c = 0; c < my_columns_; ++c) {  // transposed: columns are the rows now
      for (std::size_t r = 0; r < by_row.size(); ++r) {
        const std::size_t at = static_cast<std::size_t>(c) * by_row.size() + r;
        spectrum_[at] = static_cast<T>(static_cast<double>(work_.complexes()[at][0]) * by_row[r] *
                                       by_column[static_cast<std::size_t>(first_column_ + c)] * scale);
      }
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

  void collect_charges(const GridPart& part, const std::vector<GridPart>& parts, base::MatrixView<T> values) {
    outgoing_.clear();
    counts_.assign(parts.size(), 0);
    for (std::size_t owner = 0; owner < parts.size(); ++owner) {
      const RowRange rows = common_rows(rows_of(part), slabs_[owner]);
      for (int r = rows.first; r < rows.last; ++r) {
        const T* row = values.row(static_cast<std::size_t>(r - part.first_row)).data();
        outgoing_.insert(outgoing_.end(), row, row + part.columns);
      }
      counts_[owner] = static_cast<std::size_t>(rows.count()) * static_cast<std::size_t>(part.columns);
    }
    const auto incoming = comm_.exchange(std::span<const T>(outgoing_), counts_);
    const T* next = incoming.values.data();
    for (const GridPart& from : parts) {  // in rank order: a fixed order of summation
      const RowRange rows = common_rows(rows_of(from), my_slab());
      for (int r = rows.first; r < rows.last; ++r) {
        T* row = work_row(r) + from.first_column;
        for (int c = 0; c < from.columns; ++c) row[c] += *next++;
      }
    }
  }

  void return_potentials(const GridPart& part, const std::vector<GridPart>& parts,
                         base::MatrixView<T> values) {
    outgoing_.clear();
    for (std::size_t to = 0; to < parts.size(); ++to) {
      const RowRange rows = common_rows(rows_of(parts[to]), my_slab());
      for (int r = rows.first; r < rows.last; ++r) {
        const T* row = work_row(r) + parts[to].first_column;
        outgoing_.insert(outgoing_.end(), row, row + parts[to].columns);
      }
      counts_[to] = static_cast<std::size_t>(rows.count()) * static_cast<std::size_t>(parts[to].columns);
    }
    const auto incoming = comm_.exchange(std::span<const T>(outgoing_), counts_);
    const T* next = incoming.values.data();
    for (const RowRange& slab : slabs_) {
      const RowRange rows = common_rows(rows_of(part), slab);
      for (int r = rows.first; r < rows.last; ++r) {
        std::copy_n(next, part.columns, values.row(static_cast<std::size_t>(r - part.first_row)).data());
        next += part.columns;
      }
    }
  }

  const comm::Communicator& comm_;
  GridShape shape_;
  std::ptrdiff_t half_columns_;
  std::ptrdiff_t my_columns_ = 0, first_column_ = 0;  // of the transposed half spectrum
  std::vector<RowRange> slabs_;                       // of all ranks
  FftBuffer<T> work_;                // my rows x 2 half columns, then my columns x padded rows
  base::AlignedVector<T> spectrum_;  // my columns x padded rows
  FftPlan<T> forward_, backward_;
  int threads_ = 1;
  std::vector<T> outgoing_;
  std::vector<std::size_t> counts_;
};

}  // namespace

template <class T>
std::unique_ptr<GridSolver<T>> make_slab_solver(const comm::Communicator& comm, const GridShape& shape) {
  return std::make_unique<SlabSolver<T>>(comm, shape);
}

template std::unique_ptr<GridSolver<float>> make_slab_solver(const comm::Communicator&, const GridShape&);
template std::unique_ptr<GridSolver<double>> make_slab_solver(const comm::Communicator&, const GridShape&);

}  // namespace fleetsne::optimize
