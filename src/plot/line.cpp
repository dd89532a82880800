#include "fleetsne/plot/line.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace fleetsne::plot {
namespace {

constexpr int bins = 512;
constexpr double height_over_length = 0.4;

struct Range {
  double first = 0, last = 0;
};

Range range_of(const comm::Communicator& comm, base::MatrixView<const float> positions) {
  double ends[3] = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::lowest(), 0};
  for (std::size_t i = 0; i < positions.rows(); ++i) {
    const double x = static_cast<double>(positions(i, 0));
    if (!std::isfinite(x)) ends[2] = 1;
    ends[0] = std::max(ends[0], -x);
    ends[1] = std::max(ends[1], x);
  }
  comm.all_reduce(std::span<double>(ends), comm::Reduction::max);
  comm::agree(comm, [&] {
    if (ends[2] != 0)
      throw base::NumericalError(
          "the embedding cannot be drawn (a coordinate is not finite). Check what it was made of");
  });
  return {-ends[0], ends[1]};
}

/// Points in each bin and its neighbours, over all ranks: counts, smoothed by 1 2 3 2 1 in integers.
std::vector<std::int64_t> heights_of(const comm::Communicator& comm, base::MatrixView<const float> positions,
                                     const Range& range) {
  std::vector<std::int64_t> counts(bins);
  const double scale = bins / std::max(range.last - range.first, 1e-300);
  for (std::size_t i = 0; i < positions.rows(); ++i) {
    const double at = (static_cast<double>(positions(i, 0)) - range.first) * scale;
    ++counts[static_cast<std::size_t>(std::clamp(at, 0.0, bins - 1.0))];
  }
  comm.all_reduce(std::span<std::int64_t>(counts), comm::Reduction::sum);
  std::vector<std::int64_t> heights(bins);
  for (int b = 0; b < bins; ++b)
    for (int offset = -2; offset <= 2; ++offset)
      heights[static_cast<std::size_t>(b)] +=
          (3 - std::abs(offset)) * counts[static_cast<std::size_t>(std::clamp(b + offset, 0, bins - 1))];
  return heights;
}

/// From 0 to 1, evenly whichever points stand together: fractions of the golden ratio's multiples.
///                                                                                          [Weyl 1916]
double share_of(base::GlobalIndex index) {
  constexpr double golden = 0.61803398874989485;
  const double multiple = golden * static_cast<double>(index);
  return multiple - std::floor(multiple);
}

}  // namespace

base::Matrix<float> stand_below_density(const comm::Communicator& comm,
                                        base::MatrixView<const float> positions, base::GlobalIndex first) {
  FLEETSNE_EXPECT(positions.columns() == 1);
  const Range range = range_of(comm, positions);
  const std::vector<std::int64_t> heights = heights_of(comm, positions, range);
  const double length = range.last - range.first;
  const double unit = height_over_length * std::max(length, 1e-30) /
                      static_cast<double>(std::max<std::int64_t>(1, *std::ranges::max_element(heights)));
  base::Matrix<float> result(positions.rows(), 2);
  for (std::size_t i = 0; i < positions.rows(); ++i) {
    const double x = static_cast<double>(positions(i, 0));
    // Between the middles of two bins the density goes along a line.
    const double at = std::clamp((x - range.first) * bins / std::max(length, 1e-300) - 0.5, 0.0, bins - 1.0);
    const auto bin = static_cast<std::size_t>(at);
    const double share = at - static_cast<double>(bin);
    const double height = (1 - share) * static_cast<double>(heights[bin]) +
                          share * static_cast<double>(heights[std::min<std::size_t>(bin + 1, bins - 1)]);
    result(i, 0) = positions(i, 0);
    result(i, 1) = static_cast<float>(share_of(first + static_cast<base::GlobalIndex>(i)) * height * unit);
  }
  return result;
}

}  // namespace fleetsne::plot
