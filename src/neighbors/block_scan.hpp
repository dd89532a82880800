#pragma once

#include "fleetsne/search/blocked_rows.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Collects, for up to search::block_rows queries at once, the nearest points of the blocks that it is shown.
/// By one thread; keeps its memory from one group of queries to the next.
class BlockScan {
 public:
  struct Query {
    const float* row;
    std::size_t limit;  ///< points wanted
    float bound;        ///< only nearer points are wanted; infinite for all
  };
  explicit BlockScan(const search::BlockedRows& blocks);

  /// Takes new queries; what was found for the last ones is forgotten.
  void start(std::span<const Query> queries);
  /// Mean of the queries: padded columns.
  const float* mean() const { return mean_.data(); }

  /// Compares all queries with all points of a block.
  void scan(std::size_t block);
  /// The largest distance at which any query still wants points.
  float widest_bound() const;
  /// Points taken in since the last call: nearer, when they came, than what was then known to be too far.
  std::int64_t count_taken();

  /// The numbers of the points found for query q: at least the `limit` nearest, if there are so many below
  /// the bound, and some more that are about as far as the last. In no order. Valid until the next start.
  std::span<const std::uint64_t> found(std::size_t q);
  /// The point that an entry of `found` stands for.
  static std::uint32_t point_of(std::uint64_t entry) { return static_cast<std::uint32_t>(entry); }

  std::int64_t distance_evaluations() const { return evaluations_; }

 private:
  struct List {
    std::vector<std::uint64_t> entries;  // distance and point: sorts as a number. Filled up to `size`
    std::size_t size = 0, capacity = 0, limit = 0;
    float bound = std::numeric_limits<float>::infinity();
  };
  void take(List& list, std::uint32_t hits, const float* distances, std::uint32_t first_point);
  static void prune(List& list);

  const search::BlockedRows& blocks_;
  search::QueryBlock queries_;
  base::AlignedVector<float> distances_;  // block_rows x block_rows
  base::AlignedVector<float> mean_;
  std::vector<List> lists_;
  std::size_t count_ = 0;
  std::int64_t taken_ = 0, evaluations_ = 0;
};

}  // namespace fleetsne::neighbors
