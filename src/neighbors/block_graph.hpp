#pragma once

#include "fleetsne/search/distance.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// The ground layer of this rank's hnsw index: links between the means of its blocks, which are numbered from
/// 0 in working order. The index's own copy of the means and its upper layers are let go once it is built: a
/// search begins at a block that is known to be near.
class BlockGraph {
 public:
  struct Config {
    std::size_t links;  ///< hnsw's M; a block has at most twice as many links here
    std::size_t ef_construction;
    std::uint64_t seed;
    std::size_t columns;  ///< padded
    search::Measure measure = search::Measure::squared_euclidean;
  };
  BlockGraph() = default;
  /// @param means  for each block its mean
  /// Inserted by the calling thread alone, in a fixed order: deterministic.           [Malkov & Yashunin
  /// 2020]
  BlockGraph(std::span<const float* const> means, const Config& config);

  /// Blocks that have links; 0 if the graph was not built.
  std::size_t blocks() const { return width_ == 0 ? 0 : links_.size() / width_; }
  std::span<const std::uint32_t> links(std::size_t block) const {
    const std::uint32_t* first = links_.data() + block * width_;
    return {first + 1, *first};
  }
  std::int64_t distance_evaluations() const { return evaluations_; }

 private:
  std::size_t width_ = 0;             // of a block's entry: how many links, then the links
  std::vector<std::uint32_t> links_;  // blocks x width_
  std::int64_t evaluations_ = 0;
};

}  // namespace fleetsne::neighbors
