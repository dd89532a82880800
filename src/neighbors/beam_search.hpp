#pragma once

#include "fleetsne/search/blocked_rows.hpp"

#include "block_graph.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Finds the blocks whose means are nearest to a query. By one thread, one search after the other; keeps its
/// memory between them.
class BeamSearch {
 public:
  /// @param graph  over the blocks' means, or empty: then all means are looked at. Both must outlive this.
  BeamSearch(const search::BlockedRows& blocks, const BlockGraph& graph);

  /// About the `beam` nearest blocks, nearest first, equal ones by number; valid until the next search.
  /// @param query  padded columns
  /// @param entry  the block where the walk begins                              [Malkov & Yashunin 2020, alg.
  /// 2]
  std::span<const std::uint32_t> nearest(const float* query, std::uint32_t entry, std::size_t beam);
  /// Of blocks spread evenly over all in working order the nearest one: an entry for a query from elsewhere.
  std::uint32_t entry(const float* query);

  std::int64_t distance_evaluations() const { return evaluations_; }

 private:
  float distance(const float* query, std::size_t block) const;
  void walk(const float* query, std::uint32_t entry, std::size_t beam);
  void scan(const float* query, std::size_t count);

  const search::BlockedRows& blocks_;
  const BlockGraph& graph_;
  std::size_t columns_;                 // padded
  std::vector<std::uint16_t> visited_;  // for each block the number of the walk that saw it last
  std::uint16_t walk_ = 0;
  std::vector<std::uint64_t> pool_;  // distance, block, whether its links were followed: sorts as a number
  std::vector<std::uint32_t> fresh_, found_;
  std::int64_t evaluations_ = 0;
};

}  // namespace fleetsne::neighbors
