#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// What may be subtracted from rows without changing which of them are near.
enum class Offsets {
  none,
  of_rows,     ///< from all values of a row the same (correlation)
  of_columns,  ///< from all values of a column the same (Euclidean and Manhattan distances)
};

/// By what the distances between rows are compared, as far as it decides what may be done to their values.
struct Invariance {
  Offsets offsets = Offsets::none;
  bool scale = false;  ///< all values may be multiplied by the same number
};

/// How values change between the file, in double, and memory, in float32:
/// x becomes (x - offset of its column or row) * 2^exponent.
struct Rescaling {
  std::vector<double> offsets;  ///< of the columns; empty: 0
  int exponent = 0;
  bool center_rows = false;  ///< a row that varies little around its mean loses the mean

  bool is_identity() const { return offsets.empty() && exponent == 0 && !center_rows; }

  friend bool operator==(const Rescaling&, const Rescaling&) = default;
};

/// Rescales one row in double, in place, all but the exponent.
void subtract_offsets(const Rescaling& rescaling, std::span<double> row);

/// 2^exponent. Beyond the range of double: the largest or smallest power of two that has a reciprocal.
double scale_of(const Rescaling& rescaling);

}  // namespace fleetsne::io
