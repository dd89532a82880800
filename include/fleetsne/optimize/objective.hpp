#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/optimize/attraction.hpp"
#include "fleetsne/optimize/field.hpp"
#include "fleetsne/optimize/optimize.hpp"

#include <memory>
#include <span>
#include <vector>

namespace fleetsne::optimize {

/// KL(P || Q) of an embedding of all ranks' points, and its gradient.
class Objective {
 public:
  /// Keeps references to `comm` and `affinities`. Collective.
  Objective(const comm::Communicator& comm, const data::SparseMatrix& affinities, Repulsion repulsion,
            GridSharing sharing);

  /// Degrees of freedom a of the kernel from now on: q_ij ~ w_ij^a, w_ij = 1 / (1 + |y_i - y_j|^2 / a); 1 at
  /// first. Heavier tails (a < 1) show finer clusters.                                     [Kobak et al.
  /// 2019]
  void set_dof(double dof);

  /// The next gradient finds this grid at hand; without effect if the kernel has other degrees of freedom or
  /// no grid.
  void set_grid(const GridShape& at_hand) { field_->set_grid(at_hand); }

  /// A quarter of the gradient of KL(exaggeration P || Q), as FIt-SNE and openTSNE define it:
  /// gradient_i = exaggeration sum_j p_ij w_ij (y_i - y_j) - sum_j w_ij^(a + 1) (y_i - y_j) / Z. The ghosts'
  /// positions travel while the field is computed.
  /// @param positions  local rows x 2, all finite
  /// @param box        holds the points of all ranks
  /// @param gradient   local rows x 2, out
  /// @note Collective. Bitwise the same for the same ranks and threads. Throws NumericalError on all ranks if
  /// the points have left every bearable grid.
  void gradient(std::span<const float> positions, const Box& box, double exaggeration,
                std::span<float> gradient);

  /// KL(P || Q), without exaggeration, of the positions that `gradient` was last called with. Collective.
  double divergence();

  std::size_t ghosts() const { return affinities_.ghosts.count(); }
  /// That this rank sends to others' ghosts for a gradient.
  std::int64_t halo_bytes() const { return halo_.bytes_sent(); }
  /// Of the last kernel.
  const Field& field() const { return *field_; }
  /// Of all kernels.
  FieldTraffic field_traffic() const;

 private:
  /// Positions in units of sqrt(dof), in which the kernel is (1 + r^2)^-dof and attraction the usual one: as
  /// they are for dof = 1, else written to the first of positions_.
  std::span<const float> in_kernel_units(std::span<const float> positions);

  /// Throws on all ranks: every one has found the same Z. Collective.
  void lost_in_rounding() const;

  const comm::Communicator& comm_;
  const data::SparseMatrix& affinities_;
  Repulsion repulsion_;
  GridSharing sharing_;
  double dof_ = 1;
  Attraction attraction_;
  std::unique_ptr<Field> field_;
  data::Halo halo_;
  FieldTraffic earlier_traffic_;          // of fields that are gone
  base::AlignedVector<float> positions_;  // (local rows + ghosts) x 2, in units of sqrt(dof)
  base::AlignedVector<float> forces_;     // local rows x 2: repulsion
  double z_ = 0;
  double negative_entropy_ = 0;  // of P, over all ranks
};

}  // namespace fleetsne::optimize
