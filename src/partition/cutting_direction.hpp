#pragma once

#include "fleetsne/base/random.hpp"

#include "direction.hpp"

namespace fleetsne::partition {

/// A line through the chosen rows across which few near pairs are parted when it is cut where `share` of the
/// rows lie left: of the first principal directions, of lines through the means of two clusters (by Lloyd's
/// method from two random rows), and of small changes to the best of them, the one that parts the fewest of
/// some rows' nearest ones. In 50 columns, 32 blocks so cut need a fifth to a third fewer neighbours from
/// each other than blocks cut across principal directions.
/// @param share   of the rows, in (0, 1)
/// @param random  numbers of ids -1 - [1024 `block`, 1024 (block + 1)) are drawn
/// By the calling thread alone, deterministic.
Direction cutting_direction(base::MatrixView<const float> rows, std::span<const std::int64_t> chosen,
                            double share, const base::Random& random, std::int64_t block);

}  // namespace fleetsne::partition
