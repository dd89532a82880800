#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/data/row_distribution.hpp"

namespace fleetsne::data {

/// Rows of a matrix over ranks: this rank holds `local`, rows [rows.begin(rank), rows.end(rank)) of the
/// whole.
template <class T>
struct DistributedMatrix {
  RowDistribution rows;
  base::Matrix<T> local;

  std::size_t columns() const { return local.columns(); }
};

}  // namespace fleetsne::data
