#pragma once

#include "fleetsne/io/transfer_limit.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fleetsne::io {

/// Goes over rows [first, first + count) in bands that fit into one transfer, and that consist of whole
/// chunks where a chunk fits, so that each chunk is unpacked once.
/// @param chunk      rows in a chunk; 0: stored in one piece
/// @param row_bytes  of a row in memory
/// @param use        called with the band's first row, counted from `first`, and its number of rows
template <class Use>
void for_each_band(std::int64_t first, std::size_t count, std::int64_t chunk, std::size_t row_bytes,
                   Use&& use) {
  const auto whole = static_cast<std::size_t>(std::max<std::int64_t>(chunk, 1));
  std::size_t step = rows_per_transfer(row_bytes);
  if (step > whole) step -= step % whole;
  for (std::size_t at = 0; at < count;) {
    const std::size_t row = static_cast<std::size_t>(first) + at;
    const std::size_t now = std::min(step - (step >= whole ? row % whole : 0), count - at);
    use(at, now);
    at += now;
  }
}

}  // namespace fleetsne::io
