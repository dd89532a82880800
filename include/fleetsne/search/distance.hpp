#pragma once

#include <algorithm>
#include <cstddef>

namespace fleetsne::search {

/// What is small between near rows.
enum class Measure {
  squared_euclidean,
  manhattan,  ///< sum of |a_j - b_j|
};

/// |a - b|^2 over `columns` elements, a multiple of base::row_padding (padding is zero, so it adds nothing).
/// Lanes and the order of their sum are fixed and there is one compiled copy: the same two rows give the same
/// bits in every rank, thread and caller, and either way round. Needs no alignment.
float squared_distance(const float* a, const float* b, std::size_t columns);

/// Sum of |a_j - b_j|, with the same promises.
float manhattan_distance(const float* a, const float* b, std::size_t columns);

/// By either measure.
inline float distance(Measure measure, const float* a, const float* b, std::size_t columns) {
  return measure == Measure::manhattan ? manhattan_distance(a, b, columns) : squared_distance(a, b, columns);
}

/// Asks for the beginning of a row to be brought near; the hardware follows from there.
inline void prefetch_row(const float* row, std::size_t columns) {
  constexpr std::size_t line = 16, lines = 4;
  for (std::size_t j = 0; j < std::min(columns, line * lines); j += line) __builtin_prefetch(row + j);
}

}  // namespace fleetsne::search
