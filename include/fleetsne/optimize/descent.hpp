#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid.hpp"
#include "fleetsne/optimize/state.hpp"

#include <span>

namespace fleetsne::optimize {

/// How far and how steadily to go down.
struct StepRule {
  double learning_rate = 200;
  double momentum = 0.8;
  double max_norm = 5;  ///< a point moves at most this far
  double min_gain = 0.01;
};

/// Shortens the gradients (local rows x 2) of points that are longer than `limit`: openTSNE's max_grad_norm.
void limit_norms(std::span<float> gradient, double limit);

/// Moves the mean of all ranks' points (local rows x 2) to the origin. Collective.
void centre(const comm::Communicator& comm, base::Matrix<float>& positions);

/// The rectangle of all ranks' points (local rows x 2). Throws NumericalError on all ranks if a coordinate of
/// any is not finite.
/// @param word  travels with it: in what this rank has, out the largest of all ranks'
/// @note Collective.
Box bounding_box(const comm::Communicator& comm, const base::Matrix<float>& positions, double& word);
Box bounding_box(const comm::Communicator& comm, const base::Matrix<float>& positions);

/// Gradient descent with momentum and a gain for every coordinate: +0.2 where gradient and last step point
/// the same way down, times 0.8 where they do not.                         [Jacobs 1988, as in van der
/// Maaten's code]
class Descent {
 public:
  /// @param positions  local rows x 2, consumed
  explicit Descent(base::Matrix<float>&& positions);
  /// From the positions, steps and gains of a state, which are consumed.
  explicit Descent(State&& state);

  /// One step along `gradient` (local rows x 2). No communication.
  void step(std::span<const float> gradient, const StepRule& rule);

  /// Last steps and gains are as at the beginning.
  void forget();

  /// Moves the mean of all ranks' points to the origin. Collective.
  void centre(const comm::Communicator& comm) { optimize::centre(comm, positions_); }

  /// The rectangle of all ranks' points, as the function of that name. Collective.
  Box bounding_box(const comm::Communicator& comm) const { return optimize::bounding_box(comm, positions_); }
  Box bounding_box(const comm::Communicator& comm, double& word) const {
    return optimize::bounding_box(comm, positions_, word);
  }

  std::span<const float> positions() const { return positions_.elements(); }
  base::MatrixView<const float> view() const { return positions_.view(); }
  base::Matrix<float> take_positions() { return std::move(positions_); }
  /// The state as it is; steps and gains are taken away, positions copied.
  State take_state();
  State copy_state() const;

 private:
  base::Matrix<float> positions_;  // local rows x 2
  base::Matrix<float> step_;       // local rows x 2: the last step
  base::Matrix<float> gains_;      // local rows x 2
};

}  // namespace fleetsne::optimize
