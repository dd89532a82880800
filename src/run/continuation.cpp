#include "fleetsne/run/continuation.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/run/checkpoint.hpp"

#include "own_embedding.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace fleetsne::run {
namespace {

constexpr std::array matrices_of_state{"obsm/X_tsne", "obsm/tsne_position", "obsm/tsne_step",
                                       "obsm/tsne_gains"};
constexpr const char* group_of_state = "uns/tsne/state";
/// Iterations that can still be counted on.
constexpr double most_iterations = 1e15;

std::string place(const std::string& file, const char* dataset) {
  return fmt::format("{}:/{}", file, dataset);
}

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw base::InputError(fmt::format(
      "{} holds no state to continue from ({}). Give the embedding.h5ad of a run of fleetsne embed, "
      "or the state of a checkpoint",
      file, why));
}

/// Whether it is a state that a run keeps on its way, and not an embedding.h5ad. Collective.
bool is_checkpoint(const comm::Communicator& comm, const std::string& file) {
  bool checkpoint = false;
  comm::on_root(comm, [&] {
    if (io::detect_format(file) != io::Format::hdf5) refuse(file, "it is no HDF5 file");
    checkpoint = !io::holds_dataset(file, matrices_of_state.front()) && io::holds_dataset(file, "steps");
  });
  return comm.broadcast(checkpoint ? 1 : 0, 0) != 0;
}

/// Of its schedule only the iterations count: the run that goes on has one of its own.
optimize::State read_checkpoint(const comm::Communicator& comm, const std::string& file, int dimensions) {
  const io::StateHeader header = io::inspect_state_file(comm, file);
  optimize::State state = read_kept_state(comm, header);
  state.progress = {};
  double widest = 0;
  for (std::size_t i = 0; i < state.positions.rows(); ++i)
    widest = std::max(widest, std::abs(static_cast<double>(state.positions(i, 1))));
  const bool flat = comm.all_reduce(widest, comm::Reduction::max) == 0;
  comm::agree(comm, [&] {
    if (flat != (dimensions == 1))
      throw base::InputError(
          fmt::format("{} is of a run in {} (a run goes on in as many). Give --dimensions {}", file,
                      flat ? "one dimension" : "two dimensions", flat ? 1 : 2));
  });
  return state;
}

std::vector<std::string> names_of_numbers() {
  return {"iteration", "grid_step", "grid_rows", "grid_columns", "grid_far_factor", "grid_dof"};
}

/// What stands under uns/tsne/state, by names_of_numbers.
struct Numbers {
  std::int64_t iteration = 0;
  optimize::GridShape grid;
};

Numbers read_numbers(const std::string& file) {
  const std::vector<double> found = io::read_scalars(file, group_of_state, names_of_numbers());
  if (!(found[0] >= 0 && found[0] <= most_iterations && found[0] == std::floor(found[0])))
    refuse(file, fmt::format("its number of iterations is {}", found[0]));
  const auto whole = [](double value) { return value >= 0 && value <= 1e9 ? static_cast<int>(value) : 0; };
  return {static_cast<std::int64_t>(found[0]),
          optimize::grid_of_periods(found[1], whole(found[2]), whole(found[3]), whole(found[4]), found[5])};
}

}  // namespace

base::Matrix<float> two_columns(base::MatrixView<const float> matrix) {
  base::Matrix<float> result(matrix.rows(), 2);
  for (std::size_t i = 0; i < matrix.rows(); ++i)
    for (std::size_t d = 0; d < std::min<std::size_t>(matrix.columns(), 2); ++d) result(i, d) = matrix(i, d);
  return result;
}

base::Matrix<float> first_columns(base::MatrixView<const float> matrix, int columns) {
  base::Matrix<float> result(matrix.rows(), static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < result.rows(); ++i)
    for (std::size_t d = 0; d < result.columns(); ++d) result(i, d) = matrix(i, d);
  return result;
}

StoredState::StoredState(const comm::Communicator& comm, const data::Permutation& permutation,
                         const optimize::State& state, int dimensions) {
  const auto stored = [&](const base::Matrix<float>& matrix) {
    const base::Matrix<float> kept = first_columns(matrix, dimensions);
    return permutation.to_input_order<float>(comm, kept.view());
  };
  position_ = stored(state.positions);
  step_ = stored(state.step);
  gains_ = stored(state.gains);
  numbers_ = {{"iteration", state.iteration},
              {"grid_step", state.grid.step},
              {"grid_rows", state.grid.padded_rows},
              {"grid_columns", state.grid.padded_columns},
              {"grid_far_factor", state.grid.far_factor},
              {"grid_dof", state.grid.dof}};
}

std::vector<io::NamedMatrix> StoredState::matrices() const {
  return {{"tsne_position", position_.view()}, {"tsne_step", step_.view()}, {"tsne_gains", gains_.view()}};
}

void inspect_state(const comm::Communicator& comm, const std::string& file, int dimensions,
                   DataShape& shape) {
  if (is_checkpoint(comm, file)) {
    shape.init_rows = io::inspect_state_file(comm, file).rows;
    shape.init_columns = dimensions;  // always kept in two columns
    return;
  }
  comm::on_root(comm, [&] {
    for (const char* dataset : matrices_of_state)
      if (!io::holds_dataset(file, dataset)) refuse(file, fmt::format("there is no {} in it", dataset));
    read_numbers(file);
  });
  for (const char* dataset : matrices_of_state) {
    const std::string input = place(file, dataset);
    const io::RowInput found = io::inspect_all_rows(comm, std::span(&input, 1)).front();
    const bool first = dataset == matrices_of_state.front();
    if (first) {
      shape.init_rows = found.rows;
      shape.init_columns = found.columns;
    }
    comm::agree(comm, [&] {
      if (found.rows != shape.init_rows || found.columns != shape.init_columns)
        refuse(file, fmt::format("{} is {} x {} beside an embedding of {} x {}", dataset, found.rows,
                                 found.columns, shape.init_rows, shape.init_columns));
    });
  }
}

optimize::State read_state(const comm::Communicator& comm, const std::string& file, int dimensions,
                           RowMatcher& matcher) {
  if (is_checkpoint(comm, file)) return read_checkpoint(comm, file, dimensions);
  std::vector<std::string> inputs;
  for (const char* dataset : matrices_of_state) inputs.push_back(place(file, dataset));
  const auto matrices = read_recorded(comm, inputs, matcher);
  optimize::State state{.positions = two_columns(matrices[1].view()),
                        .step = two_columns(matrices[2].view()),
                        .gains = two_columns(matrices[3].view())};
  comm::agree(comm, [&] {
    for (const float gain : state.gains.elements())
      if (gain < 0) refuse(file, fmt::format("a gain in it is {}", gain));
  });
  Numbers numbers;
  comm::on_root(comm, [&] { numbers = read_numbers(file); });
  numbers = comm.broadcast(numbers, 0);
  state.iteration = numbers.iteration;
  state.grid = numbers.grid;
  return state;
}

void expect_continued_input(const comm::Communicator& comm, const Config& config,
                            std::uint64_t input_digest) {
  const std::string& file = config.init.continued;
  const bool checkpoint = is_checkpoint(comm, file);
  nlohmann::json record;
  if (checkpoint) record = io::inspect_state_file(comm, file).about;
  comm::on_root(comm, [&] {
    if (!checkpoint) record = record_of(file);
    expect_made_of(file, record, input_digest,
                   config.input.files.empty() ? std::vector{config.input.affinity} : config.input.files);
  });
}

optimize::State in_working_order(const comm::Communicator& comm, const data::Permutation& permutation,
                                 const optimize::State& state) {
  const auto moved = [&](const base::Matrix<float>& matrix) {
    return permutation.to_working_order<float>(comm, matrix.view());
  };
  return {.positions = moved(state.positions),
          .step = moved(state.step),
          .gains = moved(state.gains),
          .iteration = state.iteration,
          .grid = state.grid,
          .progress = state.progress};
}

}  // namespace fleetsne::run
