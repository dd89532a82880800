#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// The ground layer of a shard's hnsw index: links between its points, which are numbered from 0 in working
/// order. The index's own copy of the rows and its upper layers are let go once it is built: a point's search
/// begins at the point itself, a foreign one's at the centre of the nearest cell.
class ShardGraph {
 public:
  struct Config {
    std::size_t links;  ///< hnsw's M; a point has at most twice as many links here
    std::size_t ef_construction;
    std::uint64_t seed;
    std::size_t columns;  ///< padded
  };
  ShardGraph() = default;
  /// @param rows      for each point its row
  /// @param progress  called now and then with the number of points inserted so far
  /// Inserted by the calling thread alone, in a fixed order: deterministic.           [Malkov & Yashunin
  /// 2020]
  ShardGraph(std::span<const float* const> rows, const Config& config,
             const std::function<void(std::size_t)>& progress);

  /// Points that have links; 0 if the graph was not built.
  std::size_t points() const { return width_ == 0 ? 0 : links_.size() / width_; }
  std::span<const std::uint32_t> links(std::size_t point) const {
    const std::uint32_t* first = links_.data() + point * width_;
    return {first + 1, *first};
  }
  std::int64_t distance_evaluations() const { return evaluations_; }

 private:
  std::size_t width_ = 0;             // of a point's entry: how many links, then the links
  std::vector<std::uint32_t> links_;  // points x width_
  std::int64_t evaluations_ = 0;
};

}  // namespace fleetsne::neighbors
