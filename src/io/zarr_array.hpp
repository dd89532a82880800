#pragma once

#include "fleetsne/base/matrix.hpp"

#include "zarr_chunks.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fleetsne::io::zarr {

/// A part of an array of at most two dimensions as a matrix; one of one dimension is a single row.
struct Part {
  std::int64_t row = 0, column = 0, rows = 1, columns = 1;
};

/// Reads elements of one array, by this rank alone: each chunk is unpacked once for a part. Throws
/// InputError.
class ArrayReader {
 public:
  ArrayReader(const Source& source, ArrayMetadata array)
      : store_(source.path()), chunks_(source, std::move(array)) {}

  const ArrayMetadata& array() const { return chunks_.array(); }
  /// @param field  of a record; empty otherwise
  ArrayInfo info(const std::string& field) const;
  StoredChunks count_stored() { return chunks_.count_stored(); }

  /// Elements [first, first + count) of a single column or row, or of a scalar. Throws InputError if the
  /// array is none of these, or has fewer.
  Part part_of_column(std::int64_t first, std::int64_t count) const;

  /// Numbers and booleans. T is float, double or std::int64_t, which takes only what is an integer.
  /// @param out    the part's rows and columns
  /// @param field  of a record; empty otherwise
  template <class T>
  void read_numbers(const Part& part, base::MatrixView<T> out, const std::string& field = {});

  /// Texts, row by row.
  std::vector<std::string> read_texts(const Part& part, const std::string& field = {});

 private:
  /// What is read of an element: a field of it, or all.
  struct View {
    ElementLayout type;
    std::size_t offset = 0;
  };
  /// Elements of one row in one chunk.
  struct Run {
    const Chunk& chunk;
    std::int64_t element, stride;  ///< place of the first in the chunk, and distance to the next
    std::int64_t row, column;      ///< of the first, in the part
    std::int64_t count;
  };

  View view_of(const std::string& field) const;
  template <class Use>
  void for_each_run(const Part& part, Use&& use);

  std::string store_;
  ChunkReader chunks_;
};

}  // namespace fleetsne::io::zarr
