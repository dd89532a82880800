#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/fixed_field.hpp"
#include "fleetsne/optimize/objective.hpp"
#include "fleetsne/optimize/optimize.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace fleetsne::optimize {

/// What new points are drawn to: each has k neighbours among points that are embedded already and stay.
struct Anchors {
  base::Matrix<float> positions;      ///< points x 2k: where the neighbours stand, x y x y ...
  base::Matrix<float> probabilities;  ///< points x k: p_j|i, every row's sum is 1
};

/// The points that stay, over all ranks.
struct Reference {
  base::Matrix<float> positions;  ///< this rank's x 2
  Box box;                        ///< holds those of all ranks
};

/// The mean over new points i of KL(P_i || Q_i), p_j|i against q_j|i = w_ij^a / Z_i with Z_i = sum_j w_ij^a
/// over all points of the reference: new points do not feel each other.
///                                                              [Poličar, Stražar & Zupan 2023, section 2.2]
/// gradient_i = exaggeration sum_j p_j|i w_ij (y_i - y_j) - sum_j w_ij^(a + 1) (y_i - y_j) / Z_i, half of
/// that of KL(P_i || Q_i), in which i alone moves.
class AnchoredObjective final : public Objective {
 public:
  /// Keeps a reference to `comm`. Collective.
  AnchoredObjective(const comm::Communicator& comm, Anchors&& anchors, Reference&& reference,
                    Repulsion repulsion);

  std::int64_t points() const override { return points_; }
  bool moves_freely() const override { return false; }
  void set_dof(double dof) override;
  void gradient(std::span<const float> positions, const Box& box, double exaggeration,
                std::span<float> gradient) override;
  double divergence() override;
  GridShape grid() const override { return field_->shape(); }

 private:
  void make_field();

  const comm::Communicator& comm_;
  Anchors anchors_;
  Reference reference_;
  Repulsion repulsion_;
  std::int64_t points_ = 0, reference_points_ = 0;  // of all ranks
  double dof_ = 1;
  std::unique_ptr<FixedField> field_;
  base::AlignedVector<float> positions_, forces_;  // points x 2, in units of sqrt(dof)
  base::AlignedVector<float> potentials_;          // points: Z_i
};

}  // namespace fleetsne::optimize
