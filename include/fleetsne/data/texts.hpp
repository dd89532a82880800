#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleetsne::data {

/// Texts one after the other, as they travel between ranks.
struct Texts {
  std::vector<std::uint32_t> lengths;
  std::vector<char> characters;

  void add(std::string_view text);
  /// Valid as long as this is not changed.
  std::vector<std::string_view> views() const;
};

/// Texts sorted by destination, `send_counts[r]` of them for rank r, travel; what arrives is in rank order.
/// @param counts  how many came from each rank
/// @note Collective.
Texts exchange(const comm::Communicator& comm, const Texts& texts, std::span<const std::size_t> send_counts,
               std::vector<std::size_t>& counts);

/// The texts of every rank, in rank order, on every rank. O(total) memory on each.
/// @note Collective.
std::vector<std::string> all_gather(const comm::Communicator& comm, std::span<const std::string> texts);

}  // namespace fleetsne::data
