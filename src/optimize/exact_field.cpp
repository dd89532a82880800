#include "fleetsne/base/sum.hpp"
#include "fleetsne/optimize/field.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace fleetsne::optimize {
namespace {

class ExactField final : public Field {
 public:
  ExactField(const comm::Communicator& comm, double dof)
      : comm_(comm), dof_(dof), counts_(static_cast<std::size_t>(comm.size())) {}

  double compute(std::span<const float> positions, const Box&, std::span<float> forces) override {
    comm_.all_gather_into(positions.size(), std::span(counts_));
    all_.resize(std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}));
    const std::int64_t before = comm_.traffic().bytes_sent;
    comm_.all_gather_into(positions, std::span<const std::size_t>(counts_), std::span(all_));
    traffic_.grid += comm_.traffic().bytes_sent - before;
    if (dof_ == 1) return sum_pairs(positions, forces, [](double w) { return w; });
    return sum_pairs(positions, forces, [this](double w) { return std::pow(w, dof_); });
  }

  FieldTraffic traffic() const override { return traffic_; }

 private:
  /// @param kernel  of w = 1 / (1 + d^2)
  template <class KernelOf>
  double sum_pairs(std::span<const float> positions, std::span<float> forces, KernelOf&& kernel) {
    const std::size_t points = all_.size() / 2;
    return base::ordered_sum(positions.size() / 2, partial_sums_, [&](std::size_t i) {
      const double x = static_cast<double>(positions[2 * i]), y = static_cast<double>(positions[2 * i + 1]);
      double potential = 0, force_x = 0, force_y = 0;
#pragma omp simd reduction(+ : potential, force_x, force_y)
      for (std::size_t j = 0; j < points; ++j) {
        const double dx = x - static_cast<double>(all_[2 * j]);
        const double dy = y - static_cast<double>(all_[2 * j + 1]);
        const double w = 1 / (1 + dx * dx + dy * dy), k = kernel(w);
        potential += k;
        force_x += k * w * dx;
        force_y += k * w * dy;
      }
      forces[2 * i] = static_cast<float>(force_x);
      forces[2 * i + 1] = static_cast<float>(force_y);
      return potential;
    });
  }

  const comm::Communicator& comm_;
  double dof_;
  FieldTraffic traffic_;
  std::vector<std::size_t> counts_;  // of every rank
  std::vector<float> all_;           // all ranks' points x 2
  std::vector<double> partial_sums_;
};

}  // namespace

std::unique_ptr<Field> make_exact_field(const comm::Communicator& comm, double dof) {
  return std::make_unique<ExactField>(comm, dof);
}

}  // namespace fleetsne::optimize
