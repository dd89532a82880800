#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/io/orientation.hpp"
#include "fleetsne/io/rescaling.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// An embedding that new points are to go into, and what it was made of, as a user names them.
struct ReferenceConfig {
  std::string embedding;          ///< of t-SNE: our embedding.h5ad, or a file of another tool
  std::vector<std::string> rows;  ///< that it was made of, stacked in order; empty: those that it names
  // What our embeddings say of themselves, and others do not:
  std::size_t pca = 0;                        ///< components that these were reduced to first; 0: as it says
  std::optional<neighbors::Metric> metric{};  ///< what near means; none: as it says, else Euclidean
  double dof = 0;                             ///< of the kernel; 0: as it says, else 1
};

/// The same with what the embedding itself says filled in.
struct ReferenceHeader {
  std::string embedding;  ///< as read_rows takes it
  std::vector<std::string> files;
  std::size_t pca = 0;
  neighbors::Metric metric = neighbors::Metric::euclidean;
  double dof = 1;
  io::Orientation orientation = io::Orientation::rows;  ///< of the files
  std::string digest{};                                 ///< of the rows, in hexadecimal; empty: not known
  std::int64_t rows = 0, columns = 0;                   ///< of the data
  int dimensions = 2;                                   ///< of the embedding
};

/// Looks at the files, before the first row is read.
/// @note Collective. Throws on all ranks: InputError if they do not fit together, UsageError if the rows are
/// not known, or something else was said than what the embedding says of itself.
ReferenceHeader inspect_reference(const comm::Communicator& comm, const ReferenceConfig& config);

/// The data as they were read, and where each row stands.
struct ReferenceRows {
  data::DistributedMatrix<float> rows;
  io::Rescaling rescaling;        ///< of their values: new rows need the same
  base::Matrix<float> positions;  ///< this rank's block x 2
};

/// @note Collective. Throws InputError on all ranks, also if the embedding was made of other rows.
ReferenceRows read_reference(const comm::Communicator& comm, const ReferenceHeader& header, base::Log& log);

}  // namespace fleetsne::run
