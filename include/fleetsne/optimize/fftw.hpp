#pragma once

#include "fleetsne/base/error.hpp"

#include <fftw3-mpi.h>

#include <cstddef>
#include <memory>
#include <new>

namespace fleetsne::optimize {

/// FFTW's names for one precision.
template <class T>
struct Fftw;

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be put in parentheses.
#define FLEETSNE_FFTW(REAL, PREFIX)                                                                          \
  template <>                                                                                                \
  struct Fftw<REAL> {                                                                                        \
    using Complex = PREFIX##_complex;                                                                        \
    using Plan = PREFIX##_plan;                                                                              \
    static void* allocate(std::size_t bytes) { return PREFIX##_malloc(bytes); }                              \
    static void release(void* memory) { PREFIX##_free(memory); }                                             \
    static void destroy(Plan plan) { PREFIX##_destroy_plan(plan); }                                          \
    static void execute(Plan plan) { PREFIX##_execute(plan); }                                               \
    static void initialise_mpi() {                                                                           \
      static const bool initialised = [] {                                                                   \
        PREFIX##_mpi_init();                                                                                 \
        return true;                                                                                         \
      }();                                                                                                   \
      static_cast<void>(initialised);                                                                        \
    }                                                                                                        \
    /* One real line of n to n / 2 + 1 frequencies and back, in place. */                                    \
    static Plan forward_line(int n, REAL* line) {                                                            \
      return PREFIX##_plan_dft_r2c_1d(n, line, reinterpret_cast<Complex*>(line), FFTW_ESTIMATE);             \
    }                                                                                                        \
    static Plan backward_line(int n, REAL* line) {                                                           \
      return PREFIX##_plan_dft_c2r_1d(n, reinterpret_cast<Complex*>(line), line, FFTW_ESTIMATE);             \
    }                                                                                                        \
    static void execute_forward(Plan plan, REAL* line) {                                                     \
      PREFIX##_execute_dft_r2c(plan, line, reinterpret_cast<Complex*>(line));                                \
    }                                                                                                        \
    static void execute_backward(Plan plan, REAL* line) {                                                    \
      PREFIX##_execute_dft_c2r(plan, reinterpret_cast<Complex*>(line), line);                                \
    }                                                                                                        \
    /* `count` complex lines of n, one after another, in place. */                                           \
    static Plan lines(int n, int count, Complex* data, int sign) {                                           \
      return PREFIX##_plan_many_dft(1, &n, count, data, nullptr, 1, n, data, nullptr, 1, n, sign,            \
                                    FFTW_ESTIMATE);                                                          \
    }                                                                                                        \
    static void execute_lines(Plan plan, Complex* data) { PREFIX##_execute_dft(plan, data, data); }          \
    /* rows x columns elements of `width` numbers, shared by rows, to columns x rows, shared by columns.     \
    Returns the numbers that either side needs here. */                                                      \
    static std::ptrdiff_t transposed_size(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t width, \
                                          MPI_Comm comm, std::ptrdiff_t* local_rows,                         \
                                          std::ptrdiff_t* first_row, std::ptrdiff_t* local_columns,          \
                                          std::ptrdiff_t* first_column) {                                    \
      const std::ptrdiff_t extent[2] = {rows, columns};                                                      \
      return PREFIX##_mpi_local_size_many_transposed(2, extent, width, FFTW_MPI_DEFAULT_BLOCK,               \
                                                     FFTW_MPI_DEFAULT_BLOCK, comm, local_rows, first_row,    \
                                                     local_columns, first_column);                           \
    }                                                                                                        \
    static Plan transposition(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t width, REAL* in,   \
                              REAL* out, MPI_Comm comm) {                                                    \
      return PREFIX##_mpi_plan_many_transpose(rows, columns, width, FFTW_MPI_DEFAULT_BLOCK,                  \
                                              FFTW_MPI_DEFAULT_BLOCK, in, out, comm,                         \
                                              FFTW_ESTIMATE | FFTW_DESTROY_INPUT);                           \
    }                                                                                                        \
  };
FLEETSNE_FFTW(float, fftwf)
FLEETSNE_FFTW(double, fftw)
#undef FLEETSNE_FFTW
// NOLINTEND(bugprone-macro-parentheses)

/// A plan that is destroyed with its owner.
template <class T>
class FftPlan {
 public:
  FftPlan() = default;
  /// Takes a plan over; throws if FFTW could not make it.
  explicit FftPlan(typename Fftw<T>::Plan plan) : plan_(plan) {
    if (plan == nullptr) throw base::Error(base::ErrorKind::internal, "FFTW made no plan (for this grid)");
  }
  void execute() const { Fftw<T>::execute(plan_.get()); }
  /// For other memory of the same alignment; threads may share a plan.
  typename Fftw<T>::Plan get() const { return plan_.get(); }

 private:
  struct Destroy {
    using pointer = typename Fftw<T>::Plan;
    void operator()(pointer plan) const { Fftw<T>::destroy(plan); }
  };
  std::unique_ptr<typename Fftw<T>::Plan, Destroy> plan_;
};

/// Memory aligned as FFTW likes it, so that equal shapes get equal plans and equal bits. What it holds at
/// first is not defined.
template <class T>
class FftBuffer {
 public:
  /// Room for so many numbers; what was held is lost if there was less. Grows by more than asked for, since
  /// fresh pages are dear and grids grow again.
  void make_room(std::size_t reals) {
    if (reals <= size_) return;
    size_ = 0;
    data_.reset();  // goes before the new one comes
    const std::size_t room = reals + reals / 4;
    data_.reset(static_cast<T*>(Fftw<T>::allocate(room * sizeof(T))));
    if (data_ == nullptr) throw std::bad_alloc();
    size_ = room;
  }
  T* reals() const { return data_.get(); }
  typename Fftw<T>::Complex* complexes() const {
    return reinterpret_cast<typename Fftw<T>::Complex*>(data_.get());
  }

 private:
  struct Release {
    void operator()(T* memory) const { Fftw<T>::release(memory); }
  };
  std::unique_ptr<T, Release> data_;
  std::size_t size_ = 0;
};

}  // namespace fleetsne::optimize
