#include "fleetsne/optimize/grid_solver.hpp"

#include "grid_potential.hpp"

#include <algorithm>

namespace fleetsne::optimize {
namespace {

template <class T>
class ReducedSolver final : public GridSolver<T> {
 public:
  explicit ReducedSolver(const comm::Communicator& comm) : comm_(comm) {}

  void set_up(const GridShape& shape) override {
    shape_ = shape;
    potential_.set_up(shape, transform_threads(shape));
    if (comm_.size() > 1) shared_.resize(shape.cells());
  }

  void solve(const GridPart& part, const TouchedStrips&, base::MatrixView<T> values) override {
    if (comm_.size() > 1) sum_over_ranks(part, values);
    // The last strip may reach beyond the grid; no point touches what lies there.
    const int columns = std::min(part.columns, shape_.columns - part.first_column);
    const auto part_row = [&](int row) {
      return values.row(static_cast<std::size_t>(row - part.first_row)).data();
    };
    const auto has = [&](int row) { return row >= part.first_row && row < part.first_row + part.rows; };
    potential_.run(
        [&](int row, T* to) {
          if (comm_.size() > 1) {
            std::copy_n(shared_row(row), shape_.columns, to);
          } else if (has(row)) {
            std::fill_n(to, part.first_column, T{0});
            std::copy_n(part_row(row), columns, to + part.first_column);
            std::fill(to + part.first_column + columns, to + shape_.columns, T{0});
          } else {
            std::fill_n(to, shape_.columns, T{0});
          }
        },
        [&](int row, const T* from) {
          if (has(row)) std::copy_n(from + part.first_column, columns, part_row(row));
        });
  }

 private:
  T* shared_row(int row) {
    return shared_.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(shape_.columns);
  }

  void sum_over_ranks(const GridPart& part, base::MatrixView<T> values) {
    std::ranges::fill(shared_, T{0});
    const int columns = std::min(part.columns, shape_.columns - part.first_column);
    for (int r = 0; r < part.rows; ++r) {
      std::copy_n(values.row(static_cast<std::size_t>(r)).data(), columns,
                  shared_row(part.first_row + r) + part.first_column);
    }
    const std::int64_t before = comm_.traffic().bytes_sent;
    comm_.all_reduce(std::span<T>(shared_), comm::Reduction::sum);
    this->traffic_.grid += comm_.traffic().bytes_sent - before;
  }

  const comm::Communicator& comm_;
  GridShape shape_;
  GridPotential<T> potential_;
  base::AlignedVector<T> shared_;  // rows x columns, only with several ranks
};

}  // namespace

template <class T>
std::unique_ptr<GridSolver<T>> make_reduced_solver(const comm::Communicator& comm) {
  return std::make_unique<ReducedSolver<T>>(comm);
}

template std::unique_ptr<GridSolver<float>> make_reduced_solver(const comm::Communicator&);
template std::unique_ptr<GridSolver<double>> make_reduced_solver(const comm::Communicator&);

}  // namespace fleetsne::optimize
