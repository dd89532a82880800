#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/comm/communicator.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fleetsne::data {

/// The name of one row as it travels: 128 bits of its hash stand for it.
struct HashedName {
  std::uint64_t low = 0, high = 0;
  base::GlobalIndex row = 0;
};

HashedName hash_name(std::string_view name, base::GlobalIndex row);

/// Rows that share their name with another row.
struct RepeatedNames {
  base::GlobalIndex rows = 0;
  base::GlobalIndex first = -1;  ///< the first of them
};

/// Counts them: each name goes to the rank that its hash belongs to, so no rank holds all. The same for any
/// number of ranks. [XXH3, Collet 2019]
/// @param names  of this rank's rows
/// @note Collective. O(rows / ranks) memory, 24 bytes for each row.
RepeatedNames count_repeated_names(const comm::Communicator& comm, std::span<const HashedName> names);

}  // namespace fleetsne::data
