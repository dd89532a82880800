#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/io/byte_stream.hpp"
#include "fleetsne/io/input.hpp"

#include <memory>
#include <optional>

namespace fleetsne::io {

/// The rows of an input that can only be read from the start, a table or a gzip file: it stays open, so that
/// rows are read piece by piece, from the top down, each once. Not collective.
class SequentialRows {
 public:
  /// Throws InputError.
  explicit SequentialRows(const RowInput& input);

  /// Reads rows [first, first + out.rows()), which are further down than those of the call before. Throws
  /// InputError.
  void read(base::GlobalIndex first, base::MatrixView<double> out);

 private:
  const RowInput& input_;
  std::unique_ptr<ByteStream> stream_;
  std::optional<TableRows<double>> table_;  // if it is one
};

}  // namespace fleetsne::io
