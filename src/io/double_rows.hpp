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

/// Reads rows in double, piece by piece, and narrows them, on all threads.
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
  /// Of this rank's rows that were read last, as they are kept: the largest magnitude.
  float largest() const { return largest_; }

 private:
  /// A value that is not a number.
  struct Bad {
    double value;
    base::GlobalIndex row;
    std::size_t column;
  };

  /// What is found out about some of the rows.
  struct Part {
    std::optional<Survey> survey;  ///< where something may be chosen
    float largest = 0;             ///< magnitude that is kept
    bool rounded = false;          ///< whether any value was
    std::optional<Bad> bad;        ///< the first
  };

  std::optional<Survey> pass(const Rescaling& rescaling, const std::optional<Survey>& blank,
                             base::MatrixView<float> out);
  void narrow_piece(base::GlobalIndex first, base::MatrixView<double> rows, const Rescaling& rescaling,
                    std::span<Part> parts, base::MatrixView<float> out, std::span<RowHashes> hashes) const;
  void narrow(base::GlobalIndex index, std::span<double> row, const Rescaling& rescaling, Part& part,
              std::span<float> out, RowHashes* hashes) const;
  std::size_t rows_at_once() const;

  const comm::Communicator& comm_;
  const StackedRows& inputs_;
  std::span<const Block> blocks_;
  bool compare_;
  bool rounded_ = false;           // whether any value was
  float largest_ = 0;              // that is kept
  std::vector<RowHashes> hashes_;  // of all rows
};

}  // namespace fleetsne::io
