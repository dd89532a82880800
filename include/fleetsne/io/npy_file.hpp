#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/shared_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace fleetsne::io {

/// Extents and elements of a .npy file that is written: C order, little-endian.
struct NpyShape {
  enum class Element { float32, int32 };

  Element element = Element::float32;
  base::GlobalIndex rows = 0;
  std::size_t columns = 1;
  bool flat = false;  ///< one dimension, of `rows` elements; then there is one column
};

/// A .npy file that all ranks write together, piece by piece in any order, whole or not at all: it gets its
/// name in commit(), and what is not committed is removed. Every row must be written by some rank.
class NpyFile {
 public:
  /// Takes the space and writes the header. Collective; throws IoError on all ranks.
  NpyFile(const comm::Communicator& comm, const std::string& path, const NpyShape& shape);

  /// Rows from global row `first` on. By this rank alone; throws IoError.
  void write_rows(base::GlobalIndex first, base::MatrixView<const float> rows) { put(first, rows); }
  void write_rows(base::GlobalIndex first, base::MatrixView<const std::int32_t> rows) { put(first, rows); }

  /// All has been written. Collective; throws IoError on all ranks.
  void commit();

 private:
  template <class T>
  void put(base::GlobalIndex first, base::MatrixView<const T> rows) {
    FLEETSNE_EXPECT(rows.columns() == shape_.columns);
    FLEETSNE_EXPECT(first >= 0 && first + static_cast<base::GlobalIndex>(rows.rows()) <= shape_.rows);
    file_->write_rows_at(header_bytes_ + first * static_cast<std::int64_t>(shape_.columns * sizeof(T)), rows);
  }

  const comm::Communicator& comm_;
  NpyShape shape_;
  std::int64_t header_bytes_ = 0;
  std::optional<PartialFile> partial_;  // on rank 0
  std::optional<SharedFile> file_;
};

}  // namespace fleetsne::io
