#pragma once

#include <string>
#include <vector>

namespace fleetsne::data {

/// What numbers measure.
enum class Quantity {
  number,
  time,  ///< seconds since 1970-01-01 00:00
};

/// A number of every row, distributed as the rows are.
struct Numbers {
  std::string name = "value";  ///< what the column is called where it came from
  std::vector<double> values;  ///< for each local row, NaN where it has none
  Quantity quantity = Quantity::number;
};

}  // namespace fleetsne::data
