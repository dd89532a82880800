#include "fleetsne/optimize/fixed_field.hpp"

#include <cmath>
#include <vector>

namespace fleetsne::optimize {
namespace {

class FixedExactField final : public FixedField {
 public:
  FixedExactField(const comm::Communicator& comm, const base::Matrix<float>& fixed, double dof)
      : dof_(dof), fixed_(comm.all_gather(fixed.elements()).values) {}

  void compute(std::span<const float> positions, const Box&, std::span<float> forces,
               std::span<float> potentials) override {
    const auto points = static_cast<std::int64_t>(potentials.size());
#pragma omp parallel for schedule(static)
    for (std::int64_t p = 0; p < points; ++p) {
      const auto i = static_cast<std::size_t>(p);
      const auto x = static_cast<double>(positions[2 * i]), y = static_cast<double>(positions[2 * i + 1]);
      double potential = 0, force_x = 0, force_y = 0;
      for (std::size_t j = 0; j < fixed_.size(); j += 2) {
        const double dx = x - static_cast<double>(fixed_[j]), dy = y - static_cast<double>(fixed_[j + 1]);
        const double w = 1 / (1 + dx * dx + dy * dy), k = dof_ == 1 ? w : std::pow(w, dof_);
        potential += k;
        force_x += k * w * dx;
        force_y += k * w * dy;
      }
      potentials[i] = static_cast<float>(potential);
      forces[2 * i] = static_cast<float>(force_x);
      forces[2 * i + 1] = static_cast<float>(force_y);
    }
  }

 private:
  double dof_;
  std::vector<float> fixed_;  // all ranks' points x 2
};

}  // namespace

std::unique_ptr<FixedField> make_fixed_exact_field(const comm::Communicator& comm,
                                                   const base::Matrix<float>& fixed, double dof) {
  return std::make_unique<FixedExactField>(comm, fixed, dof);
}

}  // namespace fleetsne::optimize
