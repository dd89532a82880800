#pragma once

#include "fleetsne/run/config.hpp"
#include "fleetsne/run/trial.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::run {

/// What a stage will take.
struct StageForecast {
  std::string name;
  double seconds = 0;
  double bytes = 0;  ///< most memory of a rank while it runs
};

struct Forecast {
  std::vector<StageForecast> stages;

  double seconds() const;
  /// The stage with the most bytes.
  const StageForecast& peak() const;
};

/// What the run will take, from what samples of its rows took. Neighbours take seconds in proportion to
/// points and to distances, whose number a point follows a power law in points; the affinities take seconds
/// in proportion to edges, an iteration to edges and points, and to the grid. Memory is the sum of what the
/// stages hold.
/// @param trials  ascending in rows, at least one, of as many ranks as the run
/// @param base    bytes that a rank holds before it reads anything
/// Not collective.
Forecast forecast(const Config& config, const DataShape& data, std::span<const Trial> trials, double base);

/// What a rank holds at least, whatever the data is like: its rows, or the neighbours of its points.
double least_bytes(const Config& config, const DataShape& data);

/// Throws a UsageError that says what is too large and what to do if `bytes`, needed by a rank in `stage`,
/// are more than the `available` ones. Not collective.
void expect_room(const Config& config, const DataShape& data, const std::string& stage, double bytes,
                 double available);

}  // namespace fleetsne::run
