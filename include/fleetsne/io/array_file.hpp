#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/io/byte_stream.hpp"
#include "fleetsne/io/element_type.hpp"
#include "fleetsne/io/time_unit.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// What the header of an IDX, .npy or vectors file says: where its elements stand and how they are to be read
/// as a matrix. Plain data, so that rank 0 can read it and broadcast it.
struct ArrayLayout {
  ElementType type;
  std::optional<TimeUnit> time{};  ///< of times (datetime64 of numpy), which are integers of 64 bits
  bool column_major = false;       ///< Fortran order; only for two dimensions
  int dimensions = 0;
  std::int64_t rows = 0;         ///< the first extent
  std::int64_t columns = 0;      ///< the product of the others (1 if there are none)
  std::int64_t data_offset = 0;  ///< bytes before the first row
  std::int64_t row_prefix = 0;   ///< bytes before a row's elements: its length, which must be `columns`
  bool fills_file = false;       ///< the format allows no bytes after the last element

  /// Bytes from one row to the next; not for column-major arrays.
  std::int64_t row_bytes() const { return row_prefix + columns * type.size; }
};

/// Whether a file that begins with these bytes is of the format.
bool is_idx(std::span<const std::byte> begin);
bool is_npy(std::span<const std::byte> begin);
/// The same of a file of vectors, which has no such mark: by its name, with or without .gz, or with
/// .crop_nb_N, which big-ann-benchmarks adds to a file that it cuts to its first N rows.
bool is_vectors(const std::string& path);

/// Reads the header: type and extents. Throws InputError with the file's name.
///
/// IDX (LeCun, "The MNIST database"): 0, 0, type, dimensions, big-endian extents of 4 bytes, big-endian
/// elements.
ArrayLayout read_idx_header(ByteStream& stream);
/// .npy versions 1 to 3 (NumPy enhancement proposal 1).
ArrayLayout read_npy_header(ByteStream& stream);
/// .fvecs, .bvecs and .ivecs (float32, uint8, int32; every row begins with its length, int32) and .fbin,
/// .u8bin and .i8bin (float32, uint8, int8; the file begins with rows and columns, uint32), all
/// little-endian. Of a packed file with lengths all is unpacked, to count its rows. [corpus-texmex.irisa.fr;
/// big-ann-benchmarks.com]
ArrayLayout read_vectors_header(ByteStream& stream);

/// Throws InputError unless there are rows and columns, and the file can hold all of them.
void expect_holds_data(const ByteStream& stream, const ArrayLayout& layout);

/// Reads rows [first, first + out.rows()) as float or double, in pieces of at most transfer_limit(). Not
/// collective. Whoever reads the last row also checks that the file ends where it should.
template <class T>
void read_array_rows(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                     base::MatrixView<T> out);

/// Reads elements [first, first + out.size()) of a one-column array: double from numbers, std::int64_t from
/// integers and times, std::string from text. Not collective.
template <class T>
void read_array_column(ByteStream& stream, const ArrayLayout& layout, base::GlobalIndex first,
                       std::span<T> out);

}  // namespace fleetsne::io
