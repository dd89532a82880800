#pragma once

#include "fleetsne/base/matrix.hpp"

#include <optional>
#include <span>
#include <vector>

namespace fleetsne::quality {

/// Ranks of the distances between all pairs of rows (0 the smallest; equal ones share the mean of theirs),
/// less their mean.
std::vector<double> distance_ranks(base::MatrixView<const float> rows);

/// Correlation of two such lists; none where one is constant.                          [Spearman 1904]
std::optional<double> correlation(std::span<const double> a, std::span<const double> b);

}  // namespace fleetsne::quality
