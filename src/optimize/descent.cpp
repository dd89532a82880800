#include "fleetsne/optimize/descent.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/sum.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace fleetsne::optimize {
namespace {

/// Every rank knows it already, from the reduction of the bounds.
[[noreturn]] void diverged(const comm::Communicator& comm) {
  comm::agree(comm, [] {
    throw base::NumericalError(
        "the optimisation diverged (a position is no longer finite). Use a smaller --learning-rate or a "
        "smaller "
        "--optimize.max-step-norm");
  });
  std::abort();  // not reached: the agreement throws
}

/// Factor that brings a length down to `most`. Of one that is beyond all numbers it is NaN, so that the
/// position is, too, and the divergence is noticed: 0 would let the point stand still for ever.
float shortening(float length, float most) {
  return length < std::numeric_limits<float>::infinity() ? most / length
                                                         : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

void limit_norms(std::span<float> gradient, double limit) {
  const auto most = static_cast<float>(limit);
  const auto points = static_cast<std::int64_t>(gradient.size() / 2);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < points; ++i) {
    float* of_point = gradient.data() + 2 * i;
    const float norm = std::sqrt(of_point[0] * of_point[0] + of_point[1] * of_point[1]);
    if (!(norm > most)) continue;
    const float scale = shortening(norm, most);
    of_point[0] *= scale;
    of_point[1] *= scale;
  }
}

Descent::Descent(State&& state)
    : positions_(std::move(state.positions)), step_(std::move(state.step)), gains_(std::move(state.gains)) {
  for (const base::Matrix<float>* of_state : {&positions_, &step_, &gains_})
    FLEETSNE_EXPECT(of_state->columns() == 2 && of_state->stride() == 2 &&
                    of_state->rows() == positions_.rows());
}

Descent::Descent(base::Matrix<float>&& positions) : Descent(fresh_state(std::move(positions))) {}

State Descent::take_state() {
  return {.positions = positions_, .step = std::move(step_), .gains = std::move(gains_)};
}

State Descent::copy_state() const {
  return {.positions = positions_, .step = step_, .gains = gains_};
}

void Descent::step(std::span<const float> gradient, const StepRule& rule) {
  const auto rate = static_cast<float>(rule.learning_rate), momentum = static_cast<float>(rule.momentum);
  const auto max_norm = static_cast<float>(rule.max_norm), min_gain = static_cast<float>(rule.min_gain);
  const auto points = static_cast<std::int64_t>(positions_.rows());
  float* y = positions_.data();
  float* last_steps = step_.data();
  float* gains = gains_.data();
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < points; ++i) {
    const auto at = static_cast<std::size_t>(2 * i);
    float moved[2];
    for (std::size_t d = 0; d < 2; ++d) {
      const float slope = gradient[at + d], last = last_steps[at + d];
      const bool steady = (slope > 0) != (last > 0);
      gains[at + d] = std::max(min_gain, steady ? gains[at + d] + 0.2F : gains[at + d] * 0.8F);
      moved[d] = momentum * last - rate * gains[at + d] * slope;
    }
    const float norm = std::sqrt(moved[0] * moved[0] + moved[1] * moved[1]);
    const float scale = norm <= max_norm ? 1.F : shortening(norm, max_norm);
    for (std::size_t d = 0; d < 2; ++d) {
      last_steps[at + d] = scale * moved[d];
      y[at + d] += last_steps[at + d];
    }
  }
}

void Descent::forget() {
  std::ranges::fill(step_.elements(), 0.F);
  std::ranges::fill(gains_.elements(), 1.F);
}

void centre(const comm::Communicator& comm, base::Matrix<float>& positions) {
  double sums[3] = {0, 0, static_cast<double>(positions.rows())};
  for (std::size_t d = 0; d < 2; ++d) {
    sums[d] = base::ordered_sum(positions.rows(), [&](std::size_t i) { return positions(i, d); });
  }
  comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  const float mean[2] = {static_cast<float>(sums[0] / sums[2]), static_cast<float>(sums[1] / sums[2])};
  for (std::size_t i = 0; i < positions.rows(); ++i) {
    positions(i, 0) -= mean[0];
    positions(i, 1) -= mean[1];
  }
}

Box bounding_box(const comm::Communicator& comm, const base::Matrix<float>& positions) {
  double none = 0;
  return bounding_box(comm, positions, none);
}

Box bounding_box(const comm::Communicator& comm, const base::Matrix<float>& positions, double& word) {
  constexpr float lowest = std::numeric_limits<float>::lowest();
  // Largest of -x, x, -y, y; and a sum that is finite only if all are (inf - inf and NaN both stay NaN).
  float left = lowest, right = lowest, bottom = lowest, top = lowest, poison = 0;
  const float* y = positions.data();
  const auto points = static_cast<std::int64_t>(positions.rows());
#pragma omp parallel for simd schedule(static) reduction(max : left, right, bottom, top) reduction(+ : poison)
  for (std::int64_t i = 0; i < points; ++i) {
    left = std::max(left, -y[2 * i]);
    right = std::max(right, y[2 * i]);
    bottom = std::max(bottom, -y[2 * i + 1]);
    top = std::max(top, y[2 * i + 1]);
    poison += 0 * (y[2 * i] + y[2 * i + 1]);
  }
  double bounds[6] = {left, right, bottom, top, std::isfinite(poison) ? 0.0 : 1.0, word};
  comm.all_reduce(std::span<double>(bounds), comm::Reduction::max);
  if (bounds[4] != 0) diverged(comm);
  word = bounds[5];
  return {-bounds[0], bounds[1], -bounds[2], bounds[3]};
}

}  // namespace fleetsne::optimize
