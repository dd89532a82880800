#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/input.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace fleetsne::io {

/// The rows of one or more inputs, stacked in order.
class StackedRows {
 public:
  explicit StackedRows(std::vector<RowInput> inputs);

  base::GlobalIndex rows() const { return rows_; }
  std::size_t columns() const { return static_cast<std::size_t>(inputs_.front().columns); }
  /// Whether any input's numbers may need more than float32.
  bool wide() const;
  /// Whether any can only be read from the start.
  bool packed() const;
  /// Rows of which it pays to open the files again: that costs little beside reading them, and no chunk is
  /// unpacked often.
  base::GlobalIndex shortest_run() const;
  /// For messages: the path, or the first of several.
  std::string name() const;

  /// Reads rows [first, first + out.rows()); each rank may read others, or none. T is float or double.
  /// Collective; throws InputError on all ranks.
  template <class T>
  void read(const comm::Communicator& comm, base::GlobalIndex first, base::MatrixView<T> out) const;

  /// Throws InputError about a value whose distances to others cannot be computed.
  [[noreturn]] void refuse(double value, base::GlobalIndex row, std::size_t column) const;

 private:
  std::vector<RowInput> inputs_;
  base::GlobalIndex rows_ = 0;
};

}  // namespace fleetsne::io
