#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/io/byte_stream.hpp"

#include <cstdint>
#include <string>

namespace fleetsne::io {

/// How a table of numbers stands in a text file: a line for each row, values between separators. Plain data,
/// so that rank 0 can read it and broadcast it.
struct TableLayout {
  char separator = ',';
  bool header = false;  ///< the first line names the columns
  bool names = false;   ///< the first value of a line names the row
  std::int64_t rows = 0, columns = 0;
};

/// Whether a file is a table by its name: .csv or .tsv, also with .gz behind. Text has no first bytes to know
/// it by.
bool is_table(const std::string& path);

/// Reads the whole file once, counts its rows and looks at the first two. The separator is a tab, semicolon,
/// comma or blank, the first of these that the first line has. That line is a header if one of its values is
/// no number; if its first name is empty, or it has one name less than the rows have values, then the first
/// value of each row is its name. Empty lines and those that begin with # are passed over. Values may stand
/// in double quotes. Throws InputError.
TableLayout inspect_table(ByteStream& stream);

/// Reads rows [first, first + out.rows()) as float or double; what is above them is read, too, to find them.
/// Throws InputError with the line that has another number of values, or one that is no number. Not
/// collective.
template <class T>
void read_table_rows(ByteStream& stream, const TableLayout& layout, base::GlobalIndex first,
                     base::MatrixView<T> out);

}  // namespace fleetsne::io
