#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fleetsne::data {

/// A category of every row, distributed as the rows are.
struct Labels {
  std::string name = "label";           ///< what the column is called where it came from
  std::vector<std::int32_t> codes;      ///< for each local row its category, -1 where it has none
  std::vector<std::string> categories;  ///< the same on all ranks
};

}  // namespace fleetsne::data
