#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::run {

/// What the stages cost on a sample of the rows: seconds of wall time on the slowest rank.
struct Trial {
  std::int64_t rows = 0;  ///< over all ranks
  double read = 0, reduce = 0, init = 0, normalize = 0, partition = 0, neighbors = 0, affinity = 0;
  double early_iteration = 0;  ///< while all points are near each other
  double late_iteration = 0;   ///< spread as wide as a finished embedding of many points
  double evaluations = 0;      ///< distances, of a point
  double degree = 0;           ///< stored edges of a point
  double bytes_per_edge = 0;
  double ghosts = 0;  ///< of the rank with the most
};

/// Rows of the samples that tell what all of them will cost, ascending: at most 160,000 (1,001 for each of
/// more than 159 ranks), at most half of all, and at least twice the neighbours of a point; one of all rows
/// if these are too few for that.
std::vector<std::int64_t> trial_sizes(const Config& config, const DataShape& data);

/// Runs the stages on so many rows of the input, and some iterations. Collective.
/// @param config  one that fits the data
Trial run_trial(const comm::Communicator& comm, const Config& config, std::int64_t rows);

}  // namespace fleetsne::run
