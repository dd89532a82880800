#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/rescaling.hpp"

#include "equal_rows.hpp"
#include "stacked_rows.hpp"
#include "survey.hpp"

#include <optional>
#include <span>
#include <vector>

namespace fleetsne::io {

/// Consecutive rows of the inputs, and where they go to in this rank's matrix.
struct Block {
  base::GlobalIndex first = 0;
  std::size_t at = 0, rows = 0;
};

/// What is to be done to rows.
struct Request {
  Invariance invariance;             ///< what may be done to them
  const Rescaling* fixed = nullptr;  ///< or what must be

  bool is_free() const {
    return fixed == nullptr && (invariance.scale || invariance.offsets != Offsets::none);
  }
};

/// Whether rows must be read as double for it.
bool reads_double(const StackedRows& inputs, const Request& request);

/// Reads rows in double, piece by piece, and narrows them.
class DoubleRows {
 public:
  /// @param blocks  of this rank; as many on every rank
  /// @param compare  whether rows are hashed for count_distinct
  DoubleRows(const comm::Communicator& comm, const StackedRows& inputs, std::span<const Block> blocks,
             bool compare);

  /// Reads all blocks; twice, if the first pass shows that values must be rescaled. Collective; throws
  /// InputError on all ranks.
  Choice read(const Request& request, base::MatrixView<float> out);

  /// Of what was read last. Collective.
  DistinctRows count_distinct() const;

 private:
  /// A value that is not a number.
  struct Bad {
    double value;
    base::GlobalIndex row;
    std::size_t column;
  };

  void pass(const Rescaling& rescaling, Survey* survey, base::MatrixView<float> out);
  void narrow(base::GlobalIndex index, std::span<double> row, const Rescaling& rescaling, Survey* survey,
              std::span<float> out);

  const comm::Communicator& comm_;
  const StackedRows& inputs_;
  std::span<const Block> blocks_;
  bool compare_;
  bool rounded_ = false;  // whether any value was
  std::optional<Bad> bad_;
  std::vector<RowHashes> hashes_;
};

}  // namespace fleetsne::io
