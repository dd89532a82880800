#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <cstdint>
#include <span>

namespace fleetsne::io {

/// Hashes of a row: as the file has it, in double, and as it is kept, in float32.
struct RowHashes {
  std::uint64_t before = 0, after = 0;

  friend auto operator<=>(const RowHashes&, const RowHashes&) = default;
};

std::uint64_t hash_of(std::span<const double> row);
std::uint64_t hash_of(std::span<const float> row);

/// How many rows differ from all others in the file, and how many of these no longer do.
struct DistinctRows {
  std::int64_t before = 0;        ///< distinct rows in the file
  std::int64_t became_equal = 0;  ///< of these, those that equal another once narrowed
};

/// Every pair of hashes goes to a rank that the second one decides.
/// @param rows  of this rank
/// @note Collective. 16 bytes for each row travel. The same for any number of ranks.
DistinctRows count_distinct(const comm::Communicator& comm, std::span<const RowHashes> rows);

}  // namespace fleetsne::io
