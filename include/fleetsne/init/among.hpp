#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/base/random.hpp"

#include <span>

namespace fleetsne::init {

/// Where a new point starts in an embedding that is there, by its nearest neighbours in it.
enum class Among {
  median,         ///< of each coordinate: one neighbour far off does not matter
  weighted_mean,  ///< weights 1 / distance; where some are at distance 0, the mean of those alone
  random,         ///< normal, of standard deviation 1e-4, about the origin: neighbours do not matter
};

/// @param places     points x 2k: where the k neighbours of each stand, x y x y ..., nearest first
/// @param distances  points x k, squares of distances in the data
/// @param ids        of the points, by which random ones are drawn
/// @return           points x 2
/// @note Not collective. Each point by itself.
///                        [Poličar, Stražar & Zupan 2023, "Embedding to reference t-SNE space", section 2.2]
base::Matrix<float> place_among(Among how, base::MatrixView<const float> places,
                                base::MatrixView<const float> distances,
                                std::span<const base::GlobalIndex> ids, std::uint64_t seed);

}  // namespace fleetsne::init
