#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/field.hpp"
#include "fleetsne/optimize/grid.hpp"

#include <cstdint>
#include <span>

namespace fleetsne::optimize {

/// What the descent goes down: a divergence of all ranks' points, and its gradient.
class Objective {
 public:
  virtual ~Objective() = default;

  /// Points of all ranks.
  virtual std::int64_t points() const = 0;
  /// Whether only differences of positions matter, so that the embedding may be centred.
  virtual bool moves_freely() const = 0;

  /// Degrees of freedom a of the kernel from now on: q_ij ~ w_ij^a, w_ij = 1 / (1 + |y_i - y_j|^2 / a); 1 at
  /// first. Heavier tails (a < 1) show finer clusters.                                     [Kobak et al.
  /// 2019]
  virtual void set_dof(double dof) = 0;
  /// The next gradient finds this grid at hand; without effect if the kernel has other degrees of freedom or
  /// no grid.
  virtual void set_grid(const GridShape&) {}

  /// The gradient, with the attraction times `exaggeration`, in the measure of FIt-SNE and openTSNE, whose
  /// learning rates go with it.
  /// @param positions  local rows x 2, all finite
  /// @param box        holds the points of all ranks
  /// @param gradient   local rows x 2, out
  /// @note Collective. Bitwise the same for the same ranks and threads. Throws NumericalError on all ranks if
  /// the points have left every bearable grid.
  virtual void gradient(std::span<const float> positions, const Box& box, double exaggeration,
                        std::span<float> gradient) = 0;
  /// The divergence, without exaggeration, of the positions that `gradient` was last called with. Collective.
  virtual double divergence() = 0;

  /// Points of other ranks whose positions travel for a gradient, and what this rank sends of its own.
  virtual std::size_t ghosts() const { return 0; }
  virtual std::int64_t halo_bytes() const { return 0; }
  /// Of the last grid; zeros if there was none.
  virtual GridShape grid() const { return {}; }
  virtual bool shared_by_slabs() const { return false; }
  /// Of all kernels so far.
  virtual FieldTraffic field_traffic() const { return {}; }
};

}  // namespace fleetsne::optimize
