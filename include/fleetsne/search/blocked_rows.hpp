#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/search/distance.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::search {

/// Rows that are compared with at once: a block of them fills two registers of 16 floats in every column.
inline constexpr std::size_t block_rows = 32;

/// Queries of one block, at most block_rows, laid out for comparison: column by column.
class QueryBlock {
 public:
  explicit QueryBlock(std::size_t columns);
  /// Takes the queries over. @param rows  at most block_rows pointers to `columns` floats
  void load(std::span<const float* const> rows);

  std::size_t count() const { return count_; }
  /// Mean of the queries, `columns` floats.
  std::span<const float> mean() const { return mean_; }

 private:
  friend class BlockedRows;
  std::size_t columns_, count_ = 0;
  base::AlignedVector<float> values_;   // columns x block_rows; queries past `count` repeat the first
  base::AlignedVector<float> shifted_;  // the same less the mean of the block that they are compared with
  base::AlignedVector<float> mean_;     // columns
};

/// Consecutive rows in blocks of block_rows, each block less its own mean and column by column, so that all
/// distances between a block and 32 queries cost one fused multiply-add for each pair and column: with c the
/// block's mean, |x - y|^2 = |x - c|^2 + |y - c|^2 - 2 (x - c)(y - c). As both x - c and y - c are short
/// where a distance is short, little is lost to rounding: some 1e-6 of |x - c|^2 + |y - c|^2. A block of
/// which some rows are nearer to each other than that is compared by differences, at twice the cost.
class BlockedRows {
 public:
  BlockedRows() = default;
  /// Copies the rows. @param rows  pointers to `columns` floats each. Parallel. Not collective.
  BlockedRows(std::span<const float* const> rows, std::size_t columns,
              Measure measure = Measure::squared_euclidean);

  std::size_t rows() const { return rows_; }
  std::size_t blocks() const { return (rows_ + block_rows - 1) / block_rows; }
  std::size_t columns() const { return columns_; }
  Measure measure() const { return measure_; }
  /// Rows in a block: block_rows, but for the last one.
  std::size_t rows_of(std::size_t block) const;
  /// A block's mean: padded(columns) floats.
  const float* mean(std::size_t block) const { return means_.data() + block * mean_stride_; }

  /// distances[q * block_rows + i]: distance by the measure, about, of query q and row i of the block;
  /// infinite where there is no row. Never negative. The same bits whatever else is computed.
  /// @param distances  block_rows x block_rows
  void distances(QueryBlock& queries, std::size_t block, std::span<float> distances) const;
  /// Asks for the block's memory to be brought near.
  void prefetch(std::size_t block) const;

 private:
  std::size_t rows_ = 0, columns_ = 0, mean_stride_ = 0;
  Measure measure_ = Measure::squared_euclidean;
  base::AlignedVector<float> values_;  // blocks x columns x block_rows
  base::AlignedVector<float> norms_;   // blocks x block_rows: |y - c|^2 (by differences: 0), infinite where
                                       // there is no row
  base::AlignedVector<float> means_;   // blocks x padded columns
  std::vector<std::uint8_t> differences_;  // for each block whether it is compared by differences
};

}  // namespace fleetsne::search
