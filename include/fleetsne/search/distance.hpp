#pragma once

#include <algorithm>
#include <cstddef>

namespace fleetsne::search {

/// |a - b|^2 over `columns` elements, a multiple of base::row_padding (padding is zero, so it adds nothing).
/// Lanes and the order of their sum are fixed and there is one compiled copy: the same two rows give the same
/// bits in every rank, thread and caller, and either way round. Needs no alignment.
float squared_distance(const float* a, const float* b, std::size_t columns);

/// Asks for the beginning of a row to be brought near; the hardware follows from there.
inline void prefetch_row(const float* row, std::size_t columns) {
  constexpr std::size_t line = 16, lines = 4;
  for (std::size_t j = 0; j < std::min(columns, line * lines); j += line) __builtin_prefetch(row + j);
}

}  // namespace fleetsne::search
