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
#define FLEETSNE_FFTW(REAL, PREFIX)                                                                      \
  template <>                                                                                            \
  struct Fftw<REAL> {                                                                                    \
    using Complex = PREFIX##_complex;                                                                    \
    using Plan = PREFIX##_plan;                                                                          \
    static void* allocate(std::size_t bytes) { return PREFIX##_malloc(bytes); }                          \
    static void release(void* memory) { PREFIX##_free(memory); }                                         \
    static void destroy(Plan plan) { PREFIX##_destroy_plan(plan); }                                      \
    static void execute(Plan plan) { PREFIX##_execute(plan); }                                           \
    /* Plans made from now on use so many threads. FFTW wants its threads initialised before its MPI. */ \
    static void plan_for(int threads) {                                                                  \
      static const bool initialised = [] {                                                               \
        const bool threaded = PREFIX##_init_threads() != 0;                                              \
        PREFIX##_mpi_init();                                                                             \
        return threaded;                                                                                 \
      }();                                                                                               \
      if (initialised) PREFIX##_plan_with_nthreads(threads);                                             \
    }                                                                                                    \
    static Plan forward(int rows, int columns, REAL* in, Complex* out) {                                 \
      return PREFIX##_plan_dft_r2c_2d(rows, columns, in, out, FFTW_ESTIMATE);                            \
    }                                                                                                    \
    static Plan backward(int rows, int columns, Complex* in, REAL* out) {                                \
      return PREFIX##_plan_dft_c2r_2d(rows, columns, in, out, FFTW_ESTIMATE);                            \
    }                                                                                                    \
    static std::ptrdiff_t local_size(std::ptrdiff_t rows, std::ptrdiff_t half_columns, MPI_Comm comm,    \
                                     std::ptrdiff_t* local_rows, std::ptrdiff_t* first_row,              \
                                     std::ptrdiff_t* local_columns, std::ptrdiff_t* first_column) {      \
      return PREFIX##_mpi_local_size_2d_transposed(rows, half_columns, comm, local_rows, first_row,      \
                                                   local_columns, first_column);                         \
    }                                                                                                    \
    static Plan forward_mpi(std::ptrdiff_t rows, std::ptrdiff_t columns, REAL* in, Complex* out,         \
                            MPI_Comm comm) {                                                             \
      return PREFIX##_mpi_plan_dft_r2c_2d(rows, columns, in, out, comm,                                  \
                                          FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_OUT);                      \
    }                                                                                                    \
    static Plan backward_mpi(std::ptrdiff_t rows, std::ptrdiff_t columns, Complex* in, REAL* out,        \
                             MPI_Comm comm) {                                                            \
      return PREFIX##_mpi_plan_dft_c2r_2d(rows, columns, in, out, comm,                                  \
                                          FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_IN);                       \
    }                                                                                                    \
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

 private:
  struct Destroy {
    using pointer = typename Fftw<T>::Plan;
    void operator()(pointer plan) const { Fftw<T>::destroy(plan); }
  };
  std::unique_ptr<typename Fftw<T>::Plan, Destroy> plan_;
};

/// Zeroed memory aligned as FFTW likes it, so that equal shapes get equal plans and equal bits.
template <class T>
class FftBuffer {
 public:
  FftBuffer() = default;
  explicit FftBuffer(std::size_t reals)
      : data_(static_cast<T*>(Fftw<T>::allocate(reals * sizeof(T)))), size_(reals) {
    if (data_ == nullptr) throw std::bad_alloc();
    for (std::size_t i = 0; i < reals; ++i) data_.get()[i] = T{0};
  }
  T* reals() const { return data_.get(); }
  typename Fftw<T>::Complex* complexes() const {
    return reinterpret_cast<typename Fftw<T>::Complex*>(data_.get());
  }
  std::size_t size() const { return size_; }

 private:
  struct Release {
    void operator()(T* memory) const { Fftw<T>::release(memory); }
  };
  std::unique_ptr<T, Release> data_;
  std::size_t size_ = 0;
};

}  // namespace fleetsne::optimize
