#include "fleetsne/optimize/state.hpp"

#include <algorithm>
#include <utility>

namespace fleetsne::optimize {

State fresh_state(base::Matrix<float>&& positions) {
  const std::size_t rows = positions.rows();
  State state{.positions = std::move(positions),
              .step = base::Matrix<float>(rows, 2),
              .gains = base::Matrix<float>(rows, 2),
              .iteration = 0,
              .grid = {}};
  std::ranges::fill(state.gains.elements(), 1.F);
  return state;
}

void flatten(State& state) {
  for (std::size_t i = 0; i < state.positions.rows(); ++i) state.positions(i, 1) = state.step(i, 1) = 0;
}

}  // namespace fleetsne::optimize
