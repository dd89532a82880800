#include "equal_rows.hpp"

#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace fleetsne::io {

std::uint64_t hash_of(std::span<const double> row) {
  return XXH3_64bits(row.data(), row.size_bytes());
}

std::uint64_t hash_of(std::span<const float> row) {
  return XXH3_64bits(row.data(), row.size_bytes());
}

DistinctRows count_distinct(const comm::Communicator& comm, std::span<const RowHashes> rows) {
  const auto owner = [&](const RowHashes& row) {
    return static_cast<std::size_t>(row.after % static_cast<std::uint64_t>(comm.size()));
  };
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  for (const RowHashes& row : rows) ++counts[owner(row)];
  std::vector<std::size_t> next(counts.size(), 0);
  std::exclusive_scan(counts.begin(), counts.end(), next.begin(), std::size_t{0});
  std::vector<RowHashes> by_owner(rows.size());
  for (const RowHashes& row : rows) by_owner[next[owner(row)]++] = row;
  std::vector<RowHashes> owned = comm.exchange(std::span<const RowHashes>(by_owner), counts).values;
  std::ranges::sort(owned, {}, [](const RowHashes& row) { return std::pair(row.after, row.before); });
  owned.erase(std::unique(owned.begin(), owned.end()), owned.end());
  std::int64_t found[2] = {static_cast<std::int64_t>(owned.size()), 0};
  for (std::size_t i = 0; i < owned.size(); ++i) {
    const bool as_last = i > 0 && owned[i - 1].after == owned[i].after;
    const bool as_next = i + 1 < owned.size() && owned[i + 1].after == owned[i].after;
    found[1] += as_last || as_next ? 1 : 0;
  }
  comm.all_reduce(std::span<std::int64_t>(found), comm::Reduction::sum);
  return {.before = found[0], .became_equal = found[1]};
}

}  // namespace fleetsne::io
