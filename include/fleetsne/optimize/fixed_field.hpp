#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace fleetsne::optimize {

/// The repulsive field of points that stay where they are, felt by others, which do not feel each other: the
/// sums of Field over the fixed points alone, for each of the others by itself.
class FixedField {
 public:
  virtual ~FixedField() = default;

  /// @param positions   any number of points x 2, all finite
  /// @param box         holds the points of all ranks; the same on all
  /// @param forces      points x 2, out: sum_j (y_i - y_j) (1 + |y_i - y_j|^2)^-(dof + 1) over the fixed
  /// points of all ranks
  /// @param potentials  points, out: phi(y_i) = sum_j (1 + |y_i - y_j|^2)^-dof
  /// @note Collective, though ranks speak with each other only when a box leaves what was covered before.
  /// Bitwise the same for the same ranks and any number of threads; the same for other ranks up to rounding.
  virtual void compute(std::span<const float> positions, const Box& box, std::span<float> forces,
                       std::span<float> potentials) = 0;

  /// Of the grid; zeros if there is none.
  virtual GridShape shape() const { return {}; }
};

/// By splines on one grid, which is filled once and then only read: O(1) work for a point.
/// @param fixed  this rank's fixed points x 2, in units of sqrt(dof)
/// @param box    holds those of all ranks
/// @note Collective.
std::unique_ptr<FixedField> make_fixed_grid_field(const comm::Communicator& comm, base::Matrix<float>&& fixed,
                                                  const Box& box, double dof = 1);

/// Over every pair, in float64, with all fixed points on every rank. The oracle. Collective.
std::unique_ptr<FixedField> make_fixed_exact_field(const comm::Communicator& comm,
                                                   const base::Matrix<float>& fixed, double dof = 1);

}  // namespace fleetsne::optimize
