#include "equal_rows.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
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

namespace {

/// Removes rows whose second hash is like no other's, as far as a table of one byte for each value of its
/// first bits shows; a sort of the others is short. How many they are.
std::size_t remove_unlike_all(std::vector<RowHashes>& rows) {
  const int bits = std::max(1, static_cast<int>(std::bit_width(rows.size() * 4)));
  std::vector<std::uint8_t> seen(std::size_t{1} << bits, 0);  // 2: more than once
  const auto place = [&](const RowHashes& row) -> std::uint8_t& { return seen[row.after >> (64 - bits)]; };
  for (const RowHashes& row : rows) place(row) = static_cast<std::uint8_t>(place(row) == 0 ? 1 : 2);
  return std::erase_if(rows, [&](const RowHashes& row) { return place(row) == 1; });
}

}  // namespace

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
  const std::size_t alone = remove_unlike_all(owned);
  std::ranges::sort(owned, {}, [](const RowHashes& row) { return std::pair(row.after, row.before); });
  owned.erase(std::unique(owned.begin(), owned.end()), owned.end());
  std::int64_t found[2] = {static_cast<std::int64_t>(alone + owned.size()), 0};
  for (std::size_t i = 0; i < owned.size(); ++i) {
    const bool as_last = i > 0 && owned[i - 1].after == owned[i].after;
    const bool as_next = i + 1 < owned.size() && owned[i + 1].after == owned[i].after;
    found[1] += as_last || as_next ? 1 : 0;
  }
  comm.all_reduce(std::span<std::int64_t>(found), comm::Reduction::sum);
  return {.before = found[0], .became_equal = found[1]};
}

}  // namespace fleetsne::io
