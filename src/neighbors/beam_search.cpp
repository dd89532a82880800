#include "beam_search.hpp"

#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fleetsne::neighbors {
namespace {

constexpr std::uint64_t followed = 1;

/// Distances are not negative, so their bits order as they do.
std::uint64_t pack(float squared_distance, std::uint32_t point) {
  return static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(squared_distance)) << 32 |
         static_cast<std::uint64_t>(point) << 1;
}
float distance_of(std::uint64_t entry) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(entry >> 32));
}
std::uint32_t point_of(std::uint64_t entry) {
  return static_cast<std::uint32_t>(entry) >> 1;
}

void prefetch(const float* row, std::size_t columns) {
  constexpr std::size_t line = 16, lines = 4;  // the hardware follows from there
  for (std::size_t j = 0; j < std::min(columns, line * lines); j += line) __builtin_prefetch(row + j);
}

}  // namespace

std::span<const Near> BeamSearch::walk(const Shard& shard, const float* query, std::uint32_t entry,
                                       std::size_t beam, std::size_t least, float bound) {
  if (++walk_ == 0) {
    std::ranges::fill(visited_, std::uint16_t{0});
    walk_ = 1;
  }
  pool_.resize(beam + 1);
  std::uint64_t* pool = pool_.data();
  std::size_t size = 0, next = 0;
  const auto offer = [&](std::uint32_t point) {
    const float distance = search::squared_distance(query, shard.rows[point], shard.columns);
    const std::uint64_t packed = pack(distance, point);
    if (size == beam && packed >= pool[size - 1]) return;
    const auto at = static_cast<std::size_t>(std::upper_bound(pool, pool + size, packed) - pool);
    std::memmove(pool + at + 1, pool + at, (size - at) * sizeof(std::uint64_t));
    pool[at] = packed;
    if (size < beam) ++size;
    next = std::min(next, at);
  };
  visited_[entry] = walk_;
  offer(entry);
  evaluations_ += 1;
  while (next < size) {
    if ((pool[next] & followed) != 0) {
      ++next;
      continue;
    }
    if (next >= least && distance_of(pool[next]) >= bound) break;
    const std::uint32_t point = point_of(pool[next]);
    pool[next] |= followed;
    fresh_.clear();
    for (const std::uint32_t link : shard.graph.links(point)) {
      if (visited_[link] == walk_) continue;
      visited_[link] = walk_;
      prefetch(shard.rows[link], shard.columns);
      fresh_.push_back(link);
    }
    evaluations_ += static_cast<std::int64_t>(fresh_.size());
    ++next;
    for (const std::uint32_t link : fresh_) offer(link);
  }
  pool_.resize(size);
  return unpack();
}

std::span<const Near> BeamSearch::scan(const Shard& shard, const float* query, std::size_t count) {
  pool_.clear();
  for (std::size_t i = 0; i < shard.rows.size(); ++i) {
    pool_.push_back(
        pack(search::squared_distance(query, shard.rows[i], shard.columns), static_cast<std::uint32_t>(i)));
  }
  evaluations_ += static_cast<std::int64_t>(shard.rows.size());
  if (pool_.size() > count) {
    std::nth_element(pool_.begin(), pool_.begin() + static_cast<std::ptrdiff_t>(count), pool_.end());
    pool_.resize(count);
  }
  std::ranges::sort(pool_);
  return unpack();
}

std::span<const Near> BeamSearch::unpack() {
  found_.clear();
  for (const std::uint64_t entry : pool_) found_.push_back({distance_of(entry), point_of(entry)});
  return found_;
}

}  // namespace fleetsne::neighbors
