#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/input.hpp"

#include "sequential_rows.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// The largest magnitude of values; infinity or NaN if there is one.
float largest_magnitude(std::span<const float> values);

/// The rows of one or more inputs, stacked in order.
class StackedRows {
 public:
  explicit StackedRows(std::vector<RowInput> inputs);

  base::GlobalIndex rows() const { return rows_; }
  std::size_t columns() const { return static_cast<std::size_t>(inputs_.front().columns); }
  /// Whether any input's numbers may need more than float32.
  bool wide() const;
  /// The most rows that one chunk of any holds; 0 where all are in one piece.
  base::GlobalIndex chunk_rows() const;
  /// Whether any can only be read from the start.
  bool packed() const;
  /// Rows of which it pays to open the files again: that costs little beside reading them, and no chunk is
  /// unpacked often.
  base::GlobalIndex shortest_run() const;
  /// For messages: the path, or the first of several.
  std::string name() const;

  /// Reads rows [first, first + out.rows()); each rank may read others, or none. Collective; throws
  /// InputError on all ranks.
  void read(const comm::Communicator& comm, base::GlobalIndex first, base::MatrixView<float> out) const;

  const std::vector<RowInput>& inputs() const { return inputs_; }

  /// Throws InputError about a value whose distances to others cannot be computed.
  [[noreturn]] void refuse(double value, base::GlobalIndex row, std::size_t column) const;

 private:
  std::vector<RowInput> inputs_;
  base::GlobalIndex rows_ = 0;
};

/// Reads stacked rows in double, piece by piece, from the top down; what can only be read from the start is
/// read once.
class PieceReader {
 public:
  /// Collective; throws InputError on all ranks.
  PieceReader(const comm::Communicator& comm, const StackedRows& inputs);

  /// Reads rows [first, first + out.rows()), which are further down than those of the call before.
  /// Collective; throws InputError on all ranks.
  void read(base::GlobalIndex first, base::MatrixView<double> out);

 private:
  const comm::Communicator& comm_;
  const StackedRows& inputs_;
  std::vector<std::optional<SequentialRows>> open_;  // of each input
};

}  // namespace fleetsne::io
