#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/numbers.hpp"
#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/raster.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::plot {

/// Numbers as the codes of inks.
struct ValueScale {
  ColorBar bar;
  std::vector<Ink> inks;  ///< of the levels, and in the last place of no number
  std::vector<std::int32_t> codes;
  bool any = true;        ///< whether a point has a number
  bool constant = false;  ///< no two points have different numbers
};

/// A scale from the `clip`-th percentile of the numbers (NaN left out) to the (100 - clip)-th, to about a
/// thousandth of the range between.
/// @note Collective. The same for any number of ranks.
ValueScale scale_values(const comm::Communicator& comm, const data::Numbers& numbers, double clip);

}  // namespace fleetsne::plot
