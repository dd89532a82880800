#pragma once

#include <cstdint>
#include <exception>

namespace fleetsne::base {

/// body(i) for i in [0, n) on all OpenMP threads, whichever is free takes the next. An exception may not
/// leave a parallel region, so it is kept, and the one of the lowest i is thrown when all are done.
template <class Body>
void parallel_for(std::int64_t n, Body&& body) {
  std::exception_ptr failure;
  std::int64_t failed_at = n;
#pragma omp parallel for schedule(dynamic, 1)
  for (std::int64_t i = 0; i < n; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(fleetsne_parallel_for)
      if (i < failed_at) {
        failed_at = i;
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fleetsne::base
