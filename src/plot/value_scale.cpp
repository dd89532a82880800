#include "value_scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace fleetsne::plot {
namespace {

constexpr int levels = 1024;
constexpr std::size_t bins = 4096;

struct Range {
  double low = 0, high = 0;

  /// How far between both a number is: 0 at the low end, 1 at the high one. Halves, for no difference of two
  /// numbers is too large then.
  double share(double value) const { return (value / 2 - low / 2) / (high / 2 - low / 2); }
  double at(double share) const { return low + 2 * share * (high / 2 - low / 2); }
};

/// The percentiles among bins of a range, to the width of a bin; numbers outside count in the end bins.
Range percentiles(const comm::Communicator& comm, std::span<const double> values, Range range, double clip) {
  std::vector<std::int64_t> counts(bins, 0);
  for (const double value : values) {
    if (std::isnan(value)) continue;
    const double at = range.share(value) * static_cast<double>(bins);
    ++counts[static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(bins - 1)))];
  }
  comm.all_reduce(std::span(counts), comm::Reduction::sum);
  std::int64_t total = 0, before = 0;
  for (const std::int64_t count : counts) total += count;
  const double cut = 0.01 * clip * static_cast<double>(total);
  std::size_t first = bins, last = 0;
  for (std::size_t b = 0; b < bins; before += counts[b], ++b) {
    if (first == bins && static_cast<double>(before + counts[b]) > cut) first = b;
    if (static_cast<double>(total - before) > cut) last = b;
  }
  const auto edge = [&](std::size_t bin) {
    return range.at(static_cast<double>(bin) / static_cast<double>(bins));
  };
  return {edge(first), edge(last + 1)};
}

}  // namespace

ValueScale scale_values(const comm::Communicator& comm, const data::Numbers& numbers, double clip) {
  const std::span<const double> values = numbers.values;
  std::array<double, 2> ends{-std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()};
  std::int64_t missing = 0;
  for (const double value : values) {
    if (std::isnan(value)) {
      ++missing;
      continue;
    }
    ends = {std::max(ends[0], -value), std::max(ends[1], value)};
  }
  comm.all_reduce(std::span<double>(ends), comm::Reduction::max);
  missing = comm.all_reduce(missing, comm::Reduction::sum);
  const bool any = std::isfinite(ends[0]);
  const Range all = any ? Range{-ends[0], ends[1]} : Range{0, 1};
  Range shown = all;
  // Twice: far outliers leave the first time few bins for all others.
  for (int round = 0; round < 2 && clip > 0 && shown.high > shown.low; ++round)
    shown = percentiles(comm, values, shown, clip);
  shown = {std::max(shown.low, all.low), std::min(shown.high, all.high)};
  if (!(shown.high > shown.low)) {
    const double half = std::max(0.5, 1e-9 * std::abs(all.low));
    shown = {all.low - half, all.low + half};
  }

  ValueScale scale;
  scale.bar = {.title = numbers.name,
               .low = shown.low,
               .high = shown.high,
               .quantity = numbers.quantity,
               .clipped = all.low < shown.low || all.high > shown.high,
               .missing = missing > 0};
  scale.any = any;
  scale.constant = !any || all.low == all.high;
  for (int level = 0; level < levels; ++level)
    scale.inks.push_back(ink_of_level(static_cast<double>(level) / (levels - 1)));
  scale.inks.push_back({});
  for (const double value : values)
    scale.codes.push_back(std::isnan(value) ? -1
                                            : static_cast<std::int32_t>(std::lround(
                                                  std::clamp(shown.share(value), 0.0, 1.0) * (levels - 1))));
  return scale;
}

}  // namespace fleetsne::plot
