#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/optimize/attraction.hpp"
#include "fleetsne/optimize/objective.hpp"
#include "fleetsne/optimize/optimize.hpp"

#include <memory>
#include <span>

namespace fleetsne::optimize {

/// KL(P || Q) of an embedding of all ranks' points, and a quarter of its gradient:
/// gradient_i = exaggeration sum_j p_ij w_ij (y_i - y_j) - sum_j w_ij^(a + 1) (y_i - y_j) / Z.
///                                             [van der Maaten & Hinton 2008, eq. 5; dof: Kobak et al. 2019]
/// The ghosts' positions travel while the field is computed.
class JointObjective final : public Objective {
 public:
  /// Keeps references to `comm` and `affinities`. Collective.
  JointObjective(const comm::Communicator& comm, const data::SparseMatrix& affinities, Repulsion repulsion,
                 GridSharing sharing);

  std::int64_t points() const override { return affinities_.rows.total(); }
  bool moves_freely() const override { return true; }
  void set_dof(double dof) override;
  void set_grid(const GridShape& at_hand) override { field_->set_grid(at_hand); }
  void gradient(std::span<const float> positions, const Box& box, double exaggeration,
                std::span<float> gradient) override;
  double divergence() override;
  std::size_t ghosts() const override { return affinities_.ghosts.count(); }
  std::int64_t halo_bytes() const override { return halo_.bytes_sent(); }
  GridShape grid() const override { return field_->shape(); }
  bool shared_by_slabs() const override { return field_->shared_by_slabs(); }
  FieldTraffic field_traffic() const override;

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
