#include "fleetsne/io/rescaling.hpp"

#include "fleetsne/base/contracts.hpp"

#include "survey.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fleetsne::io {

void subtract_offsets(const Rescaling& rescaling, std::span<double> row) {
  if (!rescaling.offsets.empty()) {
    FLEETSNE_EXPECT(rescaling.offsets.size() == row.size());
    for (std::size_t j = 0; j < row.size(); ++j) row[j] -= rescaling.offsets[j];
  }
  if (!rescaling.center_rows) return;
  const auto [low, high] = std::ranges::minmax(row);
  // Half of each, so that the sum stays in range; of a constant row the mean would leave rounding errors.
  const double middle = low / 2 + high / 2;
  if (!(low < high) || std::abs(middle) <= largest_offset * (high - low)) return;
  for (double& x : row) x -= middle;
}

double scale_of(const Rescaling& rescaling) {
  constexpr int most = std::numeric_limits<double>::max_exponent - 2;
  return std::ldexp(1.0, std::clamp(rescaling.exponent, -most, most));
}

}  // namespace fleetsne::io
