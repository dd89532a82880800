#include "fleetsne/optimize/anchored_objective.hpp"

#include "fleetsne/base/sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fleetsne::optimize {
namespace {

constexpr std::int64_t exact_up_to = 1000;  // points of the reference: a grid is no faster then

Box scaled(const Box& box, double by) {
  return {by * box.min_x, by * box.max_x, by * box.min_y, by * box.max_y};
}

}  // namespace

AnchoredObjective::AnchoredObjective(const comm::Communicator& comm, Anchors&& anchors, Reference&& reference,
                                     Repulsion repulsion)
    : comm_(comm), anchors_(std::move(anchors)), reference_(std::move(reference)), repulsion_(repulsion) {
  const std::size_t n = anchors_.probabilities.rows();
  FLEETSNE_EXPECT(anchors_.positions.rows() == n &&
                  anchors_.positions.columns() == 2 * anchors_.probabilities.columns());
  std::int64_t counts[] = {static_cast<std::int64_t>(n),
                           static_cast<std::int64_t>(reference_.positions.rows())};
  comm.all_reduce(std::span<std::int64_t>(counts), comm::Reduction::sum);
  points_ = counts[0];
  reference_points_ = counts[1];
  positions_.resize(2 * n);
  forces_.resize(2 * n);
  potentials_.resize(n);
  make_field();
}

void AnchoredObjective::make_field() {
  const bool exact = repulsion_ == Repulsion::exact ||
                     (repulsion_ == Repulsion::automatic && reference_points_ <= exact_up_to);
  const double inverse = 1 / std::sqrt(dof_);
  base::Matrix<float> fixed = reference_.positions;
  for (float& x : fixed.elements()) x = static_cast<float>(inverse * static_cast<double>(x));
  field_.reset();  // its memory goes before the new one's comes
  field_ = exact ? make_fixed_exact_field(comm_, fixed, dof_)
                 : make_fixed_grid_field(comm_, std::move(fixed), scaled(reference_.box, inverse), dof_);
}

void AnchoredObjective::set_dof(double dof) {
  if (dof == dof_) return;
  dof_ = dof;
  make_field();
}

void AnchoredObjective::gradient(std::span<const float> given, const Box& box, double exaggeration,
                                 std::span<float> gradient) {
  FLEETSNE_EXPECT(given.size() == positions_.size() && gradient.size() == positions_.size());
  const double unit = std::sqrt(dof_);
  const auto inverse = static_cast<float>(1 / unit);
  std::ranges::transform(given, positions_.begin(), [&](float x) { return inverse * x; });
  field_->compute(positions_, scaled(box, 1 / unit), forces_, potentials_);
  const std::size_t k = anchors_.probabilities.columns();
  const auto points = static_cast<std::int64_t>(potentials_.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t p = 0; p < points; ++p) {
    const auto i = static_cast<std::size_t>(p);
    const auto anchors = anchors_.positions.row(i);
    const auto shares = anchors_.probabilities.row(i);
    float x = 0, y = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const float dx = positions_[2 * i] - inverse * anchors[2 * j];
      const float dy = positions_[2 * i + 1] - inverse * anchors[2 * j + 1];
      const float pull = shares[j] / (1 + dx * dx + dy * dy);
      x += pull * dx;
      y += pull * dy;
    }
    // Where nothing is left of the repulsion the step is no number, which all ranks then find (bounding_box).
    const float z = potentials_[i];
    const auto attract = static_cast<float>(unit * exaggeration),
               repel = z > 0 ? static_cast<float>(unit) / z : std::numeric_limits<float>::quiet_NaN();
    gradient[2 * i] = attract * x - repel * forces_[2 * i];
    gradient[2 * i + 1] = attract * y - repel * forces_[2 * i + 1];
  }
}

double AnchoredObjective::divergence() {
  const float inverse = static_cast<float>(1 / std::sqrt(dof_));
  const double sum = base::ordered_sum(potentials_.size(), [&](std::size_t i) {
    const auto anchors = anchors_.positions.row(i);
    const auto shares = anchors_.probabilities.row(i);
    double of_point = std::log(static_cast<double>(potentials_[i]));
    for (std::size_t j = 0; j < shares.size(); ++j) {
      const double share = static_cast<double>(shares[j]);
      const double dx = static_cast<double>(positions_[2 * i] - inverse * anchors[2 * j]);
      const double dy = static_cast<double>(positions_[2 * i + 1] - inverse * anchors[2 * j + 1]);
      if (share > 0) of_point += share * (std::log(share) + dof_ * std::log1p(dx * dx + dy * dy));
    }
    return of_point;
  });
  return comm_.all_reduce(sum, comm::Reduction::sum) /
         static_cast<double>(std::max<std::int64_t>(points_, 1));
}

}  // namespace fleetsne::optimize
