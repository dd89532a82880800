#pragma once

#include <string>
#include <vector>

namespace fleetsne::data {

/// A number of every row, distributed as the rows are.
struct Numbers {
  std::string name = "value";  ///< what the column is called where it came from
  std::vector<float> values;   ///< for each local row, NaN where it has none
};

}  // namespace fleetsne::data
