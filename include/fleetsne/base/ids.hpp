#pragma once

#include <cstdint>

namespace fleetsne::base {

/// Index of a row on this process, or of a column that is local or a ghost.
using LocalIndex = std::int32_t;

/// Rows and ghosts that a process can hold together, so that twice an index still fits 32 bits.
inline constexpr std::int64_t most_columns = std::int64_t{1} << 30;

/// Index of a row of the whole data set.
using GlobalIndex = std::int64_t;

/// MPI rank.
using Rank = int;

}  // namespace fleetsne::base
