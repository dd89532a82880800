#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"

#include <cstdint>
#include <span>

namespace fleetsne::partition {

/// Reorders row numbers so that near rows stand close together: recursive bisection at the median of
/// (projection, input index), down to blocks of `leaf_rows`. Deterministic, whatever the number of threads.
/// @param order    row numbers, in any order (it does not matter which); reordered in place
/// @param origins  for each row its input index
void order_by_nearness(base::MatrixView<const float> rows, std::span<const base::GlobalIndex> origins,
                       std::span<std::int64_t> order);

}  // namespace fleetsne::partition
