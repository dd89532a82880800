#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/optimize/state.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/row_match.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace fleetsne::run {

/// The optimiser's state as it stands in embedding.h5ad, beside the embedding: obsm/tsne_position (not
/// centred), tsne_step and tsne_gains, as wide as the embedding, and under uns/tsne/state the iterations so
/// far and the grid at hand.
class StoredState {
 public:
  /// @param state  in working order
  /// Collective.
  StoredState(const comm::Communicator& comm, const data::Permutation& permutation,
              const optimize::State& state, int dimensions);

  /// What goes to obsm; keeps references to this.
  std::vector<io::NamedMatrix> matrices() const;
  /// What goes to uns/tsne/state.
  const nlohmann::json& numbers() const { return numbers_; }

 private:
  base::Matrix<float> position_, step_, gains_;  // this rank's block of the input's order
  nlohmann::json numbers_;
};

/// The first `columns` of the columns.
base::Matrix<float> first_columns(base::MatrixView<const float> matrix, int columns);

/// The first two columns, of one the second 0: as embeddings are kept while they are made.
base::Matrix<float> two_columns(base::MatrixView<const float> matrix);

/// Looks whether the file holds a state, and how many rows and columns. Collective; throws InputError on all
/// ranks.
void inspect_state(const comm::Communicator& comm, const std::string& file, int dimensions, DataShape& shape);

/// Reads it, from an embedding.h5ad or a checkpoint's state-ITERATION.h5, this rank's block of rows in the
/// input's order, whatever ranks wrote it.
/// @param matcher  of the input; an embedding whose rows were sorted is put back into its order
/// @note Collective. Throws InputError on all ranks, also for NaN in the embedding or the state.
optimize::State read_state(const comm::Communicator& comm, const std::string& file, int dimensions,
                           RowMatcher& matcher);

/// Refuses to continue a run with rows other than its own, by the checksum that its file records of them.
/// @param input_digest  of the rows that are there
/// @note Collective. Throws InputError on all ranks.
void expect_continued_input(const comm::Communicator& comm, const Config& config, std::uint64_t input_digest);

/// In working order, and back from the file's width to two columns.
optimize::State in_working_order(const comm::Communicator& comm, const data::Permutation& permutation,
                                 const optimize::State& state);

}  // namespace fleetsne::run
