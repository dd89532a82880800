#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/row_distribution.hpp"

namespace fleetsne::data {

/// k nearest neighbours of every row, itself excluded, nearest first, equal distances by input index. Which
/// of several rows at the k-th distance are in the list is up to who made it: exact search takes the smallest
/// input indices.
struct NeighborGraph {
  RowDistribution rows;
  Ghosts ghosts;
  base::Matrix<LocalIndex> columns;       ///< local rows x k, column indices as `ghosts` numbers them
  base::Matrix<float> squared_distances;  ///< local rows x k

  std::size_t count() const { return columns.columns(); }
};

}  // namespace fleetsne::data
