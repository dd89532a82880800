#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/progress.hpp"

#include <cstdint>

namespace fleetsne::optimize {

/// All that the next iteration depends on, besides the affinities and its stage: from the same state on the
/// same ranks and threads the optimisation goes on bit by bit as it would have without a break.
struct State {
  base::Matrix<float> positions;    ///< local rows x 2, not centred
  base::Matrix<float> step, gains;  ///< local rows x 2: last steps and gains
  std::int64_t iteration = 0;       ///< iterations done so far
  /// The grid at hand: whether it serves on or a new one is made is part of the bits. Empty if there was
  /// none.
  GridShape grid{};
  Progress progress{};  ///< of the schedule that goes on; a new one begins at its beginning
};

/// At rest at these positions (local rows x 2).
State fresh_state(base::Matrix<float>&& positions);

/// The state with the second coordinate of every point at 0, where it stays (OptimizeConfig::dimensions 1).
void flatten(State& state);

}  // namespace fleetsne::optimize
