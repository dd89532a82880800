#include "fleetsne/base/sum.hpp"
#include "fleetsne/optimize/field.hpp"

#include <numeric>
#include <vector>

namespace fleetsne::optimize {
namespace {

class ExactField final : public Field {
 public:
  explicit ExactField(const comm::Communicator& comm)
      : comm_(comm), counts_(static_cast<std::size_t>(comm.size())) {}

  double compute(std::span<const float> positions, const Box&, std::span<float> forces) override {
    comm_.all_gather_into(positions.size(), std::span(counts_));
    all_.resize(std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}));
    const std::int64_t before = comm_.traffic().bytes_sent;
    comm_.all_gather_into(positions, std::span<const std::size_t>(counts_), std::span(all_));
    traffic_.grid += comm_.traffic().bytes_sent - before;
    const std::size_t points = all_.size() / 2;
    return base::ordered_sum(positions.size() / 2, partial_sums_, [&](std::size_t i) {
      const double x = static_cast<double>(positions[2 * i]), y = static_cast<double>(positions[2 * i + 1]);
      double potential = 0, force_x = 0, force_y = 0;
#pragma omp simd reduction(+ : potential, force_x, force_y)
      for (std::size_t j = 0; j < points; ++j) {
        const double dx = x - static_cast<double>(all_[2 * j]);
        const double dy = y - static_cast<double>(all_[2 * j + 1]);
        const double w = 1 / (1 + dx * dx + dy * dy);
        potential += w;
        force_x += w * w * dx;
        force_y += w * w * dy;
      }
      forces[2 * i] = static_cast<float>(force_x);
      forces[2 * i + 1] = static_cast<float>(force_y);
      return potential;
    });
  }

  FieldTraffic traffic() const override {
    return traffic_;
  }

 private:
  const comm::Communicator& comm_;
  FieldTraffic traffic_;
  std::vector<std::size_t> counts_;  // of every rank
  std::vector<float> all_;           // all ranks' points x 2
  std::vector<double> partial_sums_;
};

}  // namespace

std::unique_ptr<Field> make_exact_field(const comm::Communicator& comm) {
  return std::make_unique<ExactField>(comm);
}

}  // namespace fleetsne::optimize
