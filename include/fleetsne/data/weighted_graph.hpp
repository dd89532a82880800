#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::data {

/// Symmetric graph with a weight for every edge, distributed by rows, as it is: for few edges a row, which
/// compression would not make much smaller.
struct WeightedGraph {
  RowDistribution rows;
  Ghosts ghosts;
  std::vector<std::int64_t> offsets{0};     ///< local rows + 1: where the edges of each row begin
  base::AlignedVector<LocalIndex> columns;  ///< entries; a row's by ascending global row, as `ghosts` numbers
  base::AlignedVector<float> weights;       ///< entries, above 0

  std::size_t local_rows() const { return offsets.size() - 1; }
  std::int64_t entries() const { return offsets.back(); }
  std::span<const LocalIndex> row_columns(std::size_t row) const { return of_row(columns, row); }
  std::span<const float> row_weights(std::size_t row) const { return of_row(weights, row); }
  /// Bytes that it takes on this rank.
  std::size_t bytes() const {
    return offsets.size() * sizeof(std::int64_t) + columns.size() * (sizeof(LocalIndex) + sizeof(float)) +
           ghosts.ids().size_bytes();
  }

 private:
  template <class T>
  std::span<const T> of_row(const base::AlignedVector<T>& values, std::size_t row) const {
    return std::span(values).subspan(static_cast<std::size_t>(offsets[row]),
                                     static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
  }
};

}  // namespace fleetsne::data
