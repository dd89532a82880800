#pragma once

#include "fleetsne/io/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Columns as AnnData 0.6 to 0.13, h5Seurat, rhdf5 and hdf5r store them: one value for each row. By one rank
/// alone. [anndata documentation, "On-disk format"]
namespace fleetsne::io {

/// What a column's values are.
enum class ColumnKind : int {
  integers,
  numbers,  ///< floating-point
  times,    ///< floating-point numbers: seconds since 1970-01-01 00:00
  texts,
  codes  ///< of categories: categoricals, factors, enumerations and booleans
};

/// A column and how it is stored.
struct Column {
  std::string name{};  ///< in the store, as it was asked for
  ColumnKind kind = ColumnKind::integers;
  std::int64_t count = 0;
  std::optional<TimeUnit> time{};         ///< in which times are stored
  std::vector<std::string> categories{};  ///< what codes stand for, in the file's order

  std::string values{};  ///< the array with a value for each row
  std::string field{};   ///< of a record
  std::string mask{};    ///< the array that is true where a value is missing; empty if there is none
  /// Stored value -> code, where the file says so; values without a code are missing.
  std::map<std::int64_t, std::int64_t> code_of{};
  std::int64_t first_code = 0;  ///< elsewhere: stored value of the first category; one less is missing
  std::vector<bool> missing_categories{};  ///< categories that are themselves missing; empty if none is
  std::optional<std::int64_t> missing_integer{};  ///< stands for a missing value
  std::optional<double> missing_number{};
  std::optional<std::string> missing_text{};
};

/// Values of some rows of a column; of these vectors the one of its kind is filled.
struct ColumnBlock {
  std::vector<std::int64_t> integers;  ///< or codes, -1 where one is missing
  std::vector<double> numbers;         ///< or times, NaN where one is missing
  std::vector<std::string> texts;
  std::vector<bool> missing;  ///< for each row; empty if none is
};

/// Looks at one column: an array, integers with an attribute that refers to their categories, a group (codes
/// and categories, values and mask, values and levels), or a field of a record (an obs of before AnnData
/// 0.7). Categories may themselves be a column of any kind. Throws InputError if there is none, or it is of a
/// kind that is no column, or damaged.
/// @param remedy  what to do if it is no column, for the message
Column inspect_column(const Store& store, const std::string& name,
                      const std::string& remedy = "Name another column");

/// The same for what the user has named. If nothing of this name is there, or no name is given, the error
/// lists what is: the columns of obs, or all arrays.
/// @param what  what is looked for: "labels", "numbers"
Column find_column(const Store& store, const std::string& name, const std::string& what);

/// Rows [first, first + count) of a column. Throws InputError.
ColumnBlock read_column(const Store& store, const Column& column, std::int64_t first, std::int64_t count);

/// The values of a block as text, "" where one is missing.
std::vector<std::string> texts_of(const Column& column, ColumnBlock block);

/// The integer that stands for a missing value in an array, as R marks it: the least one of the type where
/// rhdf5 wrote it, and of 32 bits always, as hdf5r leaves no mark.
/// @param by_rhdf5  the array has the attribute that rhdf5 leaves (rhdf5_mark)
std::optional<std::int64_t> missing_integer(const ArrayInfo& info, bool by_rhdf5);
inline constexpr const char* rhdf5_mark = "rhdf5-NA.OK";

/// The column that names the rows of a data frame; none if `frame` is none, or has none.
std::optional<std::string> index_of_frame(const Store& store, const std::string& frame);

/// Names of the columns of a data frame but its index, as "obs/cluster, obs/batch", or "none".
std::string list_columns(const Store& store, const std::string& frame);

}  // namespace fleetsne::io
