#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/weighted_graph.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::umap {

/// Points that a kernel moves at once.
inline constexpr std::size_t group_size = 16;

/// Points that groups are made of, anew in every epoch.
inline constexpr std::size_t block_size = 256;

/// Points of a block that move side by side in an epoch. In its `rounds` rounds a point is drawn to one
/// neighbour each, idle ones (those have fewer) to none.
struct Group {
  std::array<base::LocalIndex, group_size> rows;
  std::uint32_t rounds = 0;
  std::uint32_t first = 0;  ///< of its rounds, in the block
};

/// What a block does in an epoch.
struct BlockPlan {
  std::vector<base::LocalIndex> sampled;  ///< columns, row after row
  std::vector<Group> groups;
  /// For each round of each group the columns that its points are drawn to; idle: -1.
  std::vector<std::array<base::LocalIndex, group_size>> rounds;
};

/// Which edges are sampled in which epoch: one of weight w in w / largest of all epochs, evenly, those of a
/// row at different times. Edges that would be sampled less than once are left out.   [umap-learn]
class EdgeSchedule {
 public:
  /// Collective.
  EdgeSchedule(const comm::Communicator& comm, const data::WeightedGraph& graph, int epochs);

  std::size_t rows() const { return offsets_.size() - 1; }
  std::size_t blocks() const { return (rows() + block_size - 1) / block_size; }
  std::int64_t edges() const { return offsets_.back(); }
  /// Edges sampled for a point in an epoch, on average over all ranks' points; the same for any number of
  /// ranks.
  double samples_of_point() const { return samples_of_point_; }

  /// Plans a block's epoch. Points that have as many edges sampled stand in one group.
  void plan(std::size_t block, int epoch, BlockPlan& plan) const;

 private:
  /// Appends the columns of a row's edges that are sampled in an epoch.
  void sample(std::size_t row, int epoch, std::vector<base::LocalIndex>& columns) const;

  base::GlobalIndex begin_ = 0;
  std::vector<std::int64_t> offsets_;  // local rows + 1
  base::AlignedVector<base::LocalIndex> columns_;
  base::AlignedVector<std::uint32_t> rates_;  // epochs in which it is sampled, of 2^32
  double samples_of_point_ = 0;
};

}  // namespace fleetsne::umap
