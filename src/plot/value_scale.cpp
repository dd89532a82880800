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
};

/// The percentiles among bins of a range, to the width of a bin; numbers outside count in the end bins.
Range percentiles(const comm::Communicator& comm, std::span<const float> values, Range range, double clip) {
  const double per_unit = static_cast<double>(bins) / (range.high - range.low);
  std::vector<std::int64_t> counts(bins, 0);
  for (const float value : values) {
    if (std::isnan(value)) continue;
    const double at = (static_cast<double>(value) - range.low) * per_unit;
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
  return {range.low + static_cast<double>(first) / per_unit,
          range.low + static_cast<double>(last + 1) / per_unit};
}

}  // namespace

ValueScale scale_values(const comm::Communicator& comm, const std::string& title,
                        std::span<const float> values, double clip) {
  std::array<double, 2> ends{-std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()};
  std::int64_t missing = 0;
  for (const float value : values) {
    if (std::isnan(value)) {
      ++missing;
      continue;
    }
    ends = {std::max(ends[0], -static_cast<double>(value)), std::max(ends[1], static_cast<double>(value))};
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
  if (!(shown.high > shown.low)) shown = {all.low - 0.5, all.low + 0.5};

  ValueScale scale;
  scale.bar = {.title = title,
               .low = shown.low,
               .high = shown.high,
               .clipped = all.low < shown.low || all.high > shown.high,
               .missing = missing > 0};
  for (int level = 0; level < levels; ++level)
    scale.inks.push_back(ink_of_level(static_cast<double>(level) / (levels - 1)));
  scale.inks.push_back({});
  for (const float value : values) {
    const double share = (static_cast<double>(value) - shown.low) / (shown.high - shown.low);
    scale.codes.push_back(std::isnan(value) ? -1
                                            : static_cast<std::int32_t>(
                                                  std::lround(std::clamp(share, 0.0, 1.0) * (levels - 1))));
  }
  return scale;
}

}  // namespace fleetsne::plot
