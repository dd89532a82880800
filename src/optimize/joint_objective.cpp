#include "fleetsne/optimize/joint_objective.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::optimize {
namespace {

constexpr base::GlobalIndex exact_up_to = 1000;  // points: every pair then costs less than the smallest grid

std::unique_ptr<Field> make_field(const comm::Communicator& comm, base::GlobalIndex points,
                                  Repulsion repulsion, GridSharing sharing, double dof) {
  const bool exact =
      repulsion == Repulsion::exact || (repulsion == Repulsion::automatic && points <= exact_up_to);
  return exact ? make_exact_field(comm, dof) : make_grid_field(comm, points, sharing, dof);
}

}  // namespace

void JointObjective::lost_in_rounding() const {
  comm::agree(comm_, [] {
    throw base::NumericalError(
        "the optimisation diverged (the points are so far apart that nothing is left of their repulsion). "
        "Use a "
        "smaller --learning-rate or a smaller --optimize.max-step-norm");
  });
}

JointObjective::JointObjective(const comm::Communicator& comm, const data::SparseMatrix& affinities,
                               Repulsion repulsion, GridSharing sharing)
    : comm_(comm),
      affinities_(affinities),
      repulsion_(repulsion),
      sharing_(sharing),
      attraction_(affinities),
      field_(make_field(comm, affinities.rows.total(), repulsion, sharing, dof_)),
      halo_(comm, affinities.rows, affinities.ghosts, 2),
      positions_(2 * (affinities.local_rows() + affinities.ghosts.count())),
      forces_(2 * affinities.local_rows()),
      negative_entropy_(comm.all_reduce(negative_entropy(affinities), comm::Reduction::sum)) {}

void JointObjective::set_dof(double dof) {
  if (dof == dof_) return;
  dof_ = dof;
  earlier_traffic_ += field_->traffic();
  field_.reset();  // its memory goes before the new one's comes
  field_ = make_field(comm_, affinities_.rows.total(), repulsion_, sharing_, dof);
}

FieldTraffic JointObjective::field_traffic() const {
  FieldTraffic sum = earlier_traffic_;
  return sum += field_->traffic();
}

std::span<const float> JointObjective::in_kernel_units(std::span<const float> positions) {
  if (dof_ == 1) return positions;
  const auto inverse = static_cast<float>(1 / std::sqrt(dof_));
  const auto count = static_cast<std::int64_t>(positions.size());
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    positions_[at] = inverse * positions[at];
  }
  return std::span<const float>(positions_).first(positions.size());
}

void JointObjective::gradient(std::span<const float> given, const Box& box, double exaggeration,
                              std::span<float> gradient) {
  FLEETSNE_EXPECT(given.size() == forces_.size() && gradient.size() == forces_.size());
  const double unit = std::sqrt(dof_);
  const std::span<const float> positions = in_kernel_units(given);
  halo_.start(positions);
  const Box scaled{box.min_x / unit, box.max_x / unit, box.min_y / unit, box.max_y / unit};
  const double phi = field_->compute(positions, scaled, forces_);
  const auto points = static_cast<double>(affinities_.rows.total());
  z_ = comm_.all_reduce(phi, comm::Reduction::sum) - points;
  if (!(z_ > 0)) lost_in_rounding();
  if (dof_ == 1) std::ranges::copy(positions, positions_.begin());
  std::ranges::copy(halo_.finish(), positions_.begin() + static_cast<std::ptrdiff_t>(positions.size()));
  attraction_.sum(positions_, gradient);
  const auto attract = static_cast<float>(unit * exaggeration), repel = static_cast<float>(unit / z_);
  const auto count = static_cast<std::int64_t>(gradient.size());
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    gradient[at] = attract * gradient[at] - repel * forces_[at];
  }
}

double JointObjective::divergence() {
  const double energy = comm_.all_reduce(attraction_.energy(positions_), comm::Reduction::sum);
  return negative_entropy_ + dof_ * energy + std::log(z_);
}

}  // namespace fleetsne::optimize
