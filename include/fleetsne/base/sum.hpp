#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fleetsne::base {

/// Rows per block of the sums below: large enough to hide the scheduling, small enough to balance it.
inline constexpr std::size_t sum_block = 2048;

/// sum over i in [0, n) of term(i), in float64, in an order that does not depend on the number of threads.
/// `partial` is scratch memory, for callers that keep it.
template <class Term>
double ordered_sum(std::size_t n, std::vector<double>& partial, Term&& term) {
  const std::size_t blocks = (n + sum_block - 1) / sum_block;
  partial.assign(blocks, 0.0);
#pragma omp parallel for schedule(static)
  for (std::int64_t b = 0; b < static_cast<std::int64_t>(blocks); ++b) {
    const std::size_t first = static_cast<std::size_t>(b) * sum_block;
    const std::size_t last = std::min(n, first + sum_block);
    double sum = 0.0;
    for (std::size_t i = first; i < last; ++i) sum += static_cast<double>(term(i));
    partial[static_cast<std::size_t>(b)] = sum;
  }
  double total = 0.0;
  for (const double value : partial) total += value;
  return total;
}

template <class Term>
double ordered_sum(std::size_t n, Term&& term) {
  std::vector<double> partial;
  return ordered_sum(n, partial, std::forward<Term>(term));
}

}  // namespace fleetsne::base
