#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::data {

/// Square sparse matrix in compressed rows, distributed by rows. In a row, columns ascend by global index.
struct SparseMatrix {
  RowDistribution rows;
  Ghosts ghosts;
  std::vector<std::int64_t> offsets;        ///< local rows + 1
  base::AlignedVector<LocalIndex> columns;  ///< entries, as `ghosts` numbers them
  base::AlignedVector<float> values;        ///< entries

  std::size_t local_rows() const { return offsets.size() - 1; }
  std::int64_t local_entries() const { return offsets.back(); }
};

}  // namespace fleetsne::data
