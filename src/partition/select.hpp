#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::partition {

/// Where the smallest `wanted` keys of each group end: fewer than `wanted` or exactly as many are below
/// `key`, and `remaining` of those that equal it are wanted, too.
struct Cuts {
  std::vector<std::uint64_t> key;
  std::vector<std::int64_t> remaining;
};

/// Order statistics of all groups at once, exact, by radix: eight bits of the key a round, one all-reduced
/// count of 256 buckets for every group.
/// @param keys      this rank's keys, below 2^bits
/// @param group_of  for each key its group, or -1 for none
/// @param wanted    for each group how many keys, at most as many as it has on all ranks; the same on all
/// ranks
/// @note Collective. If a group's `wanted` is all of its keys, its cut lies above all of them, below 2^(bits
/// + 1).
Cuts select(const comm::Communicator& comm, std::span<const std::uint64_t> keys,
            std::span<const std::int32_t> group_of, std::span<const std::int64_t> wanted, int bits);

}  // namespace fleetsne::partition
