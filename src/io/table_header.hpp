#pragma once

#include "table_split.hpp"

#include <string>
#include <string_view>

namespace fleetsne::io {

struct HeaderFinding {
  bool found = false;
  std::string doubt;  ///< what speaks against it, for a warning; empty if nothing does
};

/// Whether the first of several lines names the columns: by what it has above columns of numbers, or above
/// those of text.
HeaderFinding find_header(const TableSplit& split);

/// Whether a column of this name usually holds an index of the rows: none, id, index, Unnamed: 0, ...
bool names_an_index(std::string_view column);

}  // namespace fleetsne::io
