#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/array_file.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/io/orientation.hpp"
#include "fleetsne/io/store.hpp"
#include "fleetsne/io/table.hpp"

#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

enum class Format : int { idx, npy, vectors, hdf5, table, zarr };

/// Whether a file of this format is a tree that Store::open opens.
constexpr bool is_store(Format format) {
  return format == Format::hdf5 || format == Format::zarr;
}

/// Knows the format by the first bytes, a table and a file of vectors by its name, a folder of zarr by its
/// metadata. Throws InputError if it is none that is read here, or there is no such file.
Format detect_format(const std::string& path);

/// Reads the header of an IDX, .npy or vectors file. Throws InputError, also if the file cannot hold what the
/// header says.
ArrayLayout read_array_header(ByteStream& stream, Format format);

/// Whether a file or folder is AnnData.
bool is_anndata(const Store& store);

/// One input of rows: what, where, and how much.
struct RowInput {
  Location location;
  Format format = Format::npy;
  std::int64_t rows = 0, columns = 0;
  ArrayLayout layout;              ///< IDX, .npy and vectors
  std::int64_t chunk_rows = 0;     ///< HDF5 and zarr: rows in a chunk, 0 if it is stored in one piece
  std::int64_t chunk_columns = 0;  ///< HDF5 and zarr: the same of columns
  bool transposed = false;         ///< HDF5, zarr and text: stored as columns x rows
  bool oriented = false;           ///< the format says that rows are points
  bool packed = false;             ///< rows can only be had after all before them
  bool wide = true;                ///< float32 cannot hold every number that may stand there
  TableLayout table{};             ///< text
  std::string distance{};          ///< ann-benchmarks: by what the file says its rows are near, if it does
  std::string exchanged_by{};      ///< HDF5: by what rows and columns were exchanged, if the file says
  std::vector<std::string> sources{};   ///< HDF5: other files that hold some of the rows
  std::vector<std::string> notes{};     ///< what was decided about it, for the log
  std::vector<std::string> warnings{};  ///< what was guessed or looks wrong
  /// What the columns are called, in the order in which they are read; on rank 0 only, empty if they have no
  /// names.
  std::vector<std::string> column_names{};
  /// The file's column for each column that is read; empty: all, as they stand.
  std::vector<std::int32_t> column_order{};
  /// Of a transposed table: the file's column that each point is; empty: all, as they stand.
  std::vector<std::int32_t> point_columns{};
};

/// The rows that a column of labels or numbers belongs to, as far as their names go. On this rank alone;
/// throws InputError.
/// @param table  how a file of text stands
RowInput rows_of_column(const Location& location, Format format, std::int64_t count,
                        const TableLayout& table);
/// The same of what read_numbers reads. Collective; throws InputError on all ranks.
RowInput rows_of_numbers(const comm::Communicator& comm, const std::string& source);

/// Notes and warnings of the inputs go to the log, each once however often it is said.
void say_what_was_found(std::span<const RowInput> inputs, base::Log& log);

/// Looks at one input: its format, its shape, and whether it can be rows. On this rank alone; throws
/// InputError.
RowInput inspect_rows(const std::string& input, Orientation orientation = Orientation::rows);
/// The parts of it for HDF5 and zarr; rows and columns as they are stored.
void inspect_hdf5_rows(RowInput& input);
void inspect_zarr_rows(RowInput& input);
/// Turns an input so that its rows are points. By this rank alone; throws InputError.
void orient(RowInput& input, Orientation orientation);
/// Adds a warning to inputs of far fewer rows than columns whose orientation nothing confirms: neither their
/// format nor as many columns in what they are read like, or in the first of them.
void warn_of_exchanged(std::span<RowInput> inputs, std::span<const RowInput> like);

/// Looks at all inputs on rank 0 and broadcasts what it found: file systems may answer differently on
/// different nodes. Columns that have names, and another order than those of the first input, are matched by
/// name. All problems of all inputs are reported in one error. Collective.
/// @param like  other inputs, of which the first is the one whose order of columns is taken
std::vector<RowInput> inspect_all_rows(const comm::Communicator& comm, std::span<const std::string> inputs,
                                       Orientation orientation = Orientation::rows,
                                       std::span<const std::string> like = {});

/// The columns of the file that points [first, first + count) of a transposed table are.
std::vector<std::int32_t> columns_of_points(const RowInput& input, base::GlobalIndex first,
                                            std::size_t count);

/// Every rank proves that it can open the file, which rank 0 alone has looked at: a folder of one node's own
/// is not there on the others, and a collective open would never return from it.
/// Collective; throws InputError on all ranks.
void expect_readable_everywhere(const comm::Communicator& comm, const std::string& path);

/// Reads rows [first, first + out.rows()) of one input as float or double; `first` and out differ between
/// ranks, and a rank may ask for none. Collective; throws InputError on all ranks.
template <class T>
void read_input_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                     base::MatrixView<T> out);
/// The HDF5 part of it.
template <class T>
void read_hdf5_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                    base::MatrixView<T> out);
/// The zarr part of it. Each rank reads and unpacks the chunks of its own rows, each once.
template <class T>
void read_zarr_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                    base::MatrixView<T> out);

}  // namespace fleetsne::io
