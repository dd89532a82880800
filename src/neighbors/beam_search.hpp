#pragma once

#include "shard_graph.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// A point found, by its number in the shard.
struct Near {
  float squared_distance;
  std::uint32_t point;
};

/// What a search of one shard may use: its graph (none if it is small: then it is scanned) and its rows.
struct Shard {
  const ShardGraph& graph;
  std::span<const float* const> rows;
  std::size_t columns;  ///< padded
};

/// Searches of shards by one thread, one after the other; keeps its memory between them.
class BeamSearch {
 public:
  /// @param points  of the largest shard
  explicit BeamSearch(std::size_t points) : visited_(points, 0) {}

  /// The `beam` nearest points that a best-first walk from `entry` finds, nearest first, equal ones by
  /// number; valid until the next search. Once `least` points are known, the walk ends when all that lie
  /// below `bound` have been visited. [Malkov & Yashunin 2020, alg. 2]
  std::span<const Near> walk(const Shard& shard, const float* query, std::uint32_t entry, std::size_t beam,
                             std::size_t least = 0, float bound = std::numeric_limits<float>::infinity());
  /// The `count` nearest points, by looking at all of them.
  std::span<const Near> scan(const Shard& shard, const float* query, std::size_t count);

  std::int64_t distance_evaluations() const { return evaluations_; }

 private:
  std::span<const Near> unpack();

  std::vector<std::uint16_t> visited_;  // for each point the number of the walk that saw it last
  std::uint16_t walk_ = 0;
  std::vector<std::uint64_t> pool_;  // distance, point, whether its links were followed: sorts as a number
  std::vector<std::uint32_t> fresh_;
  std::vector<Near> found_;
  std::int64_t evaluations_ = 0;
};

}  // namespace fleetsne::neighbors
