#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/io/byte_stream.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// How a table stands in a text file: a line for each row, values between separators. Plain data, so that
/// rank 0 can read it and broadcast it.
struct TableLayout {
  char separator = ',';
  bool decimal_comma = false;  ///< 1,5 is three halves
  bool header = false;         ///< the first line names the columns
  bool names = false;          ///< the first value of a line names the row
  bool trailing = false;       ///< a separator at the end of each line, with nothing behind it
  std::int64_t rows = 0;
  std::int64_t columns = 0;  ///< without the names of rows
};

/// What is known of a table once it was read through.
struct TableInspection {
  TableLayout layout;
  std::string names_column;                    ///< what the header calls the names of rows
  std::vector<std::string> column_names;       ///< of the columns; empty without a header
  std::vector<std::int32_t> text_columns;      ///< columns of text, which cannot be rows
  std::vector<std::int32_t> counting_columns;  ///< columns that only count the rows
  std::vector<std::string> notes;              ///< what was decided, for the log
  std::vector<std::string> warnings;           ///< what looks wrong
};

/// The number that `find_table_column` has for the names of rows.
inline constexpr std::int32_t names_of_rows = -1;

/// Whether a file is a table by its name: .csv or .tsv, also with .gz behind. Text has no first bytes to know
/// it by.
bool is_table(const std::string& path);

/// Decides by the first 1,000 lines how a table stands (encoding, line ends, separator, decimal commas,
/// header, names of rows), then reads the whole file once to count its rows and find columns that only count
/// them. Empty lines and those that begin with # are passed over. Throws InputError. Not collective.
TableInspection inspect_table(ByteStream& stream);

/// The column of this name, or of this number counted from 1 as the values stand in a line; names_of_rows if
/// these are meant. Throws InputError with the columns that there are.
std::int32_t find_table_column(const TableInspection& table, const std::string& path,
                               const std::string& column);
/// The same for the one column that holds a value for each row: the one that is named, else the only one
/// besides the names of rows.
/// @param what  what is looked for: "labels", "numbers"
std::int32_t find_column_of_values(const TableInspection& table, const std::string& path,
                                   const std::string& column, const std::string& what);
/// The same for several, with commas between them ("x,y"; a name with a comma in quotes).
std::vector<std::int32_t> find_table_columns(const TableInspection& table, const std::string& path,
                                             const std::string& columns);

/// Throws InputError if one of these columns is text; empty: all of the table's.
void expect_numbers(const TableInspection& table, const std::string& path,
                    std::span<const std::int32_t> columns);

/// What looks wrong if these columns are read as data: those among several that only count the rows; empty:
/// all of the table's.
std::vector<std::string> warnings_of_counters(const TableInspection& table, const std::string& path,
                                              std::span<const std::int32_t> columns);

/// What of a table is read as numbers.
struct TableSelection {
  /// The table's column for each column of the result; empty: all, as they stand.
  std::span<const std::int32_t> columns{};
  bool missing_as_nan = false;  ///< else a missing value is refused
};

/// Reads rows of a table as T, float or double, from the top down: each call those further down than the one
/// before. Not collective.
template <class T>
class TableRows {
 public:
  TableRows(ByteStream& stream, const TableLayout& layout, const TableSelection& selection = {});
  ~TableRows();

  /// Rows [first, first + out.rows()). Throws InputError with the line that has another number of values, or
  /// a value that is not a number, is missing or infinite.
  void read(base::GlobalIndex first, base::MatrixView<T> out);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Reads rows [first, first + out.rows()) as T, float or double; what is above them is read, too, to find
/// them. Throws as TableRows does. Not collective.
template <class T>
void read_table_rows(ByteStream& stream, const TableLayout& layout, base::GlobalIndex first,
                     base::MatrixView<T> out, const TableSelection& selection = {});

/// Reads columns as rows: out(i, line) is the value of columns[i] in that line, counted from 0. All lines are
/// read. Throws as read_table_rows does. Not collective.
template <class T>
void read_table_columns(ByteStream& stream, const TableLayout& layout, std::span<const std::int32_t> columns,
                        base::MatrixView<T> out);

/// What the header line, which the layout must have, calls some columns. Throws InputError. Not collective.
std::vector<std::string> read_column_names(ByteStream& stream, const TableLayout& layout,
                                           std::span<const std::int32_t> columns);

/// The values of one column as text, quotes undone, as valid UTF-8. Blocks of rows that follow each other are
/// read in one pass over the file.
class TableTexts {
 public:
  /// @param column  as find_table_column has found it; names_of_rows only if the layout has some
  TableTexts(std::string path, const TableLayout& layout, std::int32_t column);
  ~TableTexts();

  /// Rows [first, first + count). Throws InputError. Not collective.
  std::vector<std::string> read(base::GlobalIndex first, std::int64_t count);

 private:
  struct Pass;

  std::string path_;
  TableLayout layout_;
  std::int32_t column_;
  std::unique_ptr<Pass> pass_;  // none before the first block
};

}  // namespace fleetsne::io
