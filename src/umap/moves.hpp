#pragma once

#include "fleetsne/umap/curve.hpp"

#include "edge_schedule.hpp"
#include "negative_pool.hpp"

#include <cstdint>

namespace fleetsne::umap {

/// What all moves of an epoch have in common.
struct MoveRule {
  Curve curve;
  float rate = 1;       ///< learning rate of this epoch
  float repulsion = 1;  ///< strength
  int negatives = 5;    ///< for each sampled edge
};

/// From where in the pool each round of a group takes its negatives.
struct NegativePlaces {
  std::uint32_t start = 0, step = 1;  ///< random ones

  std::size_t of_round(std::uint32_t round) const {
    return (start + round * (step | 1U)) >> (32 - NegativePool::size_bits);
  }
};

/// Moves the points of a group by the edges of some of its rounds, one after the other, each with negative
/// samples of its own: along the gradient of log q for the edge, and of log(1 - q) for the negatives, q being
/// the curve; no gradient is beyond -4 to 4 in a coordinate.                      [umap-learn, layouts.py]
/// umap-learn moves both ends of every edge, which stands in both their rows; here a row moves its own point
/// alone, twice as far.
/// @param first      of the group's rounds, the first of those to go through
/// @param last       the first that is not
/// @param places     decides, for every round, which of the pool are the negatives
/// @param positions  (local rows + ghosts) x 2, as of the last exchange
/// @param moved      local rows x 2; of the group's rows alone
void move_group(const BlockPlan& plan, const Group& group, std::uint32_t first, std::uint32_t last,
                const NegativePool& pool, const NegativePlaces& places, const MoveRule& rule,
                const float* positions, float* moved);

}  // namespace fleetsne::umap
