#include "fleetsne/data/repeated_names.hpp"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace fleetsne::data {
namespace {

auto key(const HashedName& name) {
  return std::tuple(name.low, name.high, name.row);
}

bool same_name(const HashedName& a, const HashedName& b) {
  return a.low == b.low && a.high == b.high;
}

std::size_t owner(const HashedName& name, int ranks) {
  return static_cast<std::size_t>(name.high % static_cast<std::uint64_t>(ranks));
}

/// Names in the order of their owners.
std::vector<HashedName> by_owner(std::span<const HashedName> names, std::span<std::size_t> counts) {
  const auto ranks = static_cast<int>(counts.size());
  for (const HashedName& name : names) ++counts[owner(name, ranks)];
  std::vector<std::size_t> next(counts.size(), 0);
  for (std::size_t r = 1; r < next.size(); ++r) next[r] = next[r - 1] + counts[r - 1];
  std::vector<HashedName> result(names.size());
  for (const HashedName& name : names) result[next[owner(name, ranks)]++] = name;
  return result;
}

}  // namespace

HashedName hash_name(std::string_view name, base::GlobalIndex row) {
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return {hash.low64, hash.high64, row};
}

RepeatedNames count_repeated_names(const comm::Communicator& comm, std::span<const HashedName> names) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  const std::vector<HashedName> sent = by_owner(names, counts);
  std::vector<HashedName> mine = comm.exchange(std::span<const HashedName>(sent), counts).values;
  std::ranges::sort(mine, {}, key);
  RepeatedNames result;
  base::GlobalIndex first = std::numeric_limits<base::GlobalIndex>::max();
  for (auto begin = mine.begin(); begin != mine.end();) {
    const auto end = std::find_if_not(begin, mine.end(), [&](const auto& n) { return same_name(n, *begin); });
    if (end - begin > 1) {
      result.rows += end - begin;
      first = std::min(first, begin->row);
    }
    begin = end;
  }
  result.rows = comm.all_reduce(result.rows, comm::Reduction::sum);
  first = comm.all_reduce(first, comm::Reduction::min);
  if (result.rows > 0) result.first = first;
  return result;
}

}  // namespace fleetsne::data
