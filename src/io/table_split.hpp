#pragma once

#include "table_lines.hpp"
#include "table_values.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace fleetsne::io {

/// The first lines of a table, their values apart.
struct TableSplit {
  using Line = std::vector<TableValue>;

  char separator = ',';
  bool decimal_comma = false;
  std::vector<Line> lines;
  /// How many values most lines have, the first one aside unless it is alone.
  std::size_t width = 0;

  /// The lines below the first.
  std::span<const Line> below() const { return std::span(lines).subspan(1); }
};

enum class ValueType { number, missing, text };

ValueType type_of(TableValue value, bool decimal_comma);

/// Splits lines by the separator with which most values are numbers and most lines are of one width.
/// @param declared  the separator if the file declares it, or 0
TableSplit split_lines(std::span<const SampleLine> lines, char declared);

}  // namespace fleetsne::io
