#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <cstdint>
#include <optional>

namespace fleetsne::init {

enum class Start {
  pca,
  columns,
  random,
  file,
  sample,    ///< every point where its nearest of an embedded sample stands; as for `file` that is given
  spectral,  ///< by eigenvectors of the graph (see spectral.hpp), in place of the principal components that
             ///< stand here until there is a graph
};

struct InitConfig {
  Start start = Start::pca;
  double standard_deviation = 1e-4;  ///< of the first axis of the start
  std::uint64_t seed = 0;
};

/// The embedding that the optimisation starts from: local rows x 2, in the order of `rows`, centred, and
/// scaled by one factor so that the first axis has the standard deviation asked for. An axis on which all
/// points stand in one place is filled with normal noise of that deviation, keyed by the row's index, and the
/// factor is then the other axis's.
/// @param rows   N x d in the input's order, as they were read: before a metric changes them
/// @param given  for Start::file the rows read, this rank's block in the input's order (N x 2); else ignored
/// @note Collective. The values of a row do not depend on the number of ranks (for pca: up to rounding).
base::Matrix<float> initial_embedding(const comm::Communicator& comm,
                                      const data::DistributedMatrix<float>& rows,
                                      const std::optional<base::Matrix<float>>& given,
                                      const InitConfig& config);

/// Does to positions that were made otherwise what initial_embedding does to its own: centres, scales and
/// fills flat axes. @param rows  of `start`. Collective.
void standardise(const comm::Communicator& comm, base::Matrix<float>& start,
                 const data::RowDistribution& rows, const InitConfig& config);

/// Shifts and scales each axis, so that it goes from -range / 2 to range / 2. Collective.
void stretch(const comm::Communicator& comm, base::Matrix<float>& start, double range);

}  // namespace fleetsne::init
