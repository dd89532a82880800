#include "fleetsne/optimize/grid_solver.hpp"

#include "grid_potential.hpp"
#include "strip_exchange.hpp"

#include <algorithm>

namespace fleetsne::optimize {
namespace {

template <class T>
class SlabSolver final : public GridSolver<T> {
 public:
  explicit SlabSolver(const comm::Communicator& comm) : comm_(comm), potential_(comm), strips_(comm) {}

  void set_up(const GridShape& shape) override {
    potential_.set_up(shape, transform_threads(shape));
    strips_.set_up(comm_.all_gather(potential_.last_row()));
    columns_ = shape.columns;
    stride_ = (columns_ + strip_columns - 1) / strip_columns * strip_columns;
    rows_.resize(static_cast<std::size_t>((potential_.last_row() - potential_.first_row()) * stride_));
  }

  void solve(const GridPart& part, const TouchedStrips& touched, base::MatrixView<T> values) override {
    const std::int64_t before = comm_.traffic().bytes_sent;
    std::ranges::fill(rows_, T{0});
    strips_.collect(part, touched, values, rows_.data(), stride_);
    const auto row_of = [&](int row) { return rows_.data() + (row - potential_.first_row()) * stride_; };
    potential_.run([&](int row, T* to) { std::copy_n(row_of(row), columns_, to); },
                   [&](int row, const T* from) { std::copy_n(from, columns_, row_of(row)); });
    strips_.give_back(rows_.data(), stride_, values);
    this->traffic_.transposes += potential_.transposes_sent();
    this->traffic_.grid += comm_.traffic().bytes_sent - before - potential_.transposes_sent();
  }

 private:
  const comm::Communicator& comm_;
  GridPotential<T> potential_;
  StripExchange<T> strips_;
  std::ptrdiff_t columns_ = 0, stride_ = 0;  // of the grid; of rows_, whole strips
  base::AlignedVector<T> rows_;              // this rank's rows x stride: charges, then potentials
};

}  // namespace

template <class T>
std::unique_ptr<GridSolver<T>> make_slab_solver(const comm::Communicator& comm) {
  return std::make_unique<SlabSolver<T>>(comm);
}

template std::unique_ptr<GridSolver<float>> make_slab_solver(const comm::Communicator&);
template std::unique_ptr<GridSolver<double>> make_slab_solver(const comm::Communicator&);

}  // namespace fleetsne::optimize
