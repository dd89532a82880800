#include "beam_search.hpp"

#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace fleetsne::neighbors {
namespace {

constexpr std::uint64_t followed = 1;
constexpr std::size_t entries = 64;  // looked at for a query from elsewhere

/// Distances are not negative, so their bits order as they do.
std::uint64_t pack(float squared_distance, std::uint32_t block) {
  return static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(squared_distance)) << 32 |
         static_cast<std::uint64_t>(block) << 1;
}
std::uint32_t block_of(std::uint64_t entry) {
  return static_cast<std::uint32_t>(entry) >> 1;
}

}  // namespace

BeamSearch::BeamSearch(const search::BlockedRows& blocks, const BlockGraph& graph)
    : blocks_(blocks),
      graph_(graph),
      columns_(base::padded(blocks.columns())),
      visited_(graph.blocks() > 0 ? blocks.blocks() : 0, 0) {}

float BeamSearch::distance(const float* query, std::size_t block) const {
  return search::distance(blocks_.measure(), query, blocks_.mean(block), columns_);
}

std::span<const std::uint32_t> BeamSearch::nearest(const float* query, std::uint32_t entry,
                                                   std::size_t beam) {
  if (graph_.blocks() == 0) {
    scan(query, beam);
  } else {
    walk(query, entry, beam);
  }
  found_.clear();
  for (const std::uint64_t packed : pool_) found_.push_back(block_of(packed));
  return found_;
}

std::uint32_t BeamSearch::entry(const float* query) {
  if (graph_.blocks() == 0) return 0;
  const std::size_t n = blocks_.blocks(), count = std::min(entries, n);
  std::size_t best = 0;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t block = (2 * i + 1) * n / (2 * count);
    const float d = distance(query, block);
    if (d < least) {
      least = d;
      best = block;
    }
  }
  evaluations_ += static_cast<std::int64_t>(count);
  return static_cast<std::uint32_t>(best);
}

void BeamSearch::walk(const float* query, std::uint32_t entry, std::size_t beam) {
  if (++walk_ == 0) {
    std::ranges::fill(visited_, std::uint16_t{0});
    walk_ = 1;
  }
  pool_.resize(beam + 1);
  std::uint64_t* pool = pool_.data();
  std::size_t size = 0, next = 0;
  const auto offer = [&](std::uint32_t block) {
    const std::uint64_t packed = pack(distance(query, block), block);
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
    const std::uint32_t block = block_of(pool[next]);
    pool[next] |= followed;
    fresh_.clear();
    for (const std::uint32_t link : graph_.links(block)) {
      if (visited_[link] == walk_) continue;
      visited_[link] = walk_;
      search::prefetch_row(blocks_.mean(link), columns_);
      fresh_.push_back(link);
    }
    evaluations_ += static_cast<std::int64_t>(fresh_.size());
    ++next;
    for (const std::uint32_t link : fresh_) offer(link);
  }
  pool_.resize(size);
}

void BeamSearch::scan(const float* query, std::size_t count) {
  pool_.clear();
  for (std::size_t b = 0; b < blocks_.blocks(); ++b)
    pool_.push_back(pack(distance(query, b), static_cast<std::uint32_t>(b)));
  evaluations_ += static_cast<std::int64_t>(blocks_.blocks());
  if (pool_.size() > count) {
    std::nth_element(pool_.begin(), pool_.begin() + static_cast<std::ptrdiff_t>(count), pool_.end());
    pool_.resize(count);
  }
  std::ranges::sort(pool_);
}

}  // namespace fleetsne::neighbors
