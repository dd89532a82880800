#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/elements.hpp"
#include "fleetsne/io/input.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// Names of the rows of stacked inputs: what the index of obs says (AnnData and MuData, of any version),
/// col_attrs/CellID (loom), cell.names (h5Seurat), or the column of a table that names its rows (its header
/// line, if it is transposed). A row without a name is called by its number in the stack.
class RowNames {
 public:
  /// Looks at the inputs. By this rank alone; throws InputError.
  explicit RowNames(std::span<const RowInput> inputs);
  /// The same of inputs by name, none of whose rows are known if together they have not this many (they have
  /// changed, or are those of other rows).
  RowNames(std::span<const std::string> inputs, Orientation orientation, std::int64_t rows);

  /// How many rows have a name of their own.
  std::int64_t named_rows() const;
  /// Whether all have.
  bool known() const { return rows_ > 0 && named_rows() == rows_; }
  /// Names of rows [first, first + count). By this rank alone; throws InputError.
  std::vector<std::string> read(std::int64_t first, std::int64_t count) const;

 private:
  /// The rows of one input that has names.
  struct Source {
    RowInput input;
    Column column;  ///< of a store
    std::shared_ptr<Store> store;
    std::shared_ptr<TableTexts> table;
    std::int64_t begin = 0, named = 0;
  };
  static std::vector<std::string> read(const Source& source, std::int64_t first, std::int64_t count);

  std::vector<Source> sources_;
  std::int64_t rows_ = 0;
};

/// Names of the columns of rows in X or layers of AnnData, as the index of var says, and of a transposed
/// table, as its lines are named; none of other rows, of more than 100,000 columns, or if they cannot be
/// read, which is then a warning. By this rank alone.
std::vector<std::string> names_of_columns(const RowInput& input, std::vector<std::string>& warnings);

/// What looks wrong about the names of an input's rows: a column that should name them and cannot, or rows
/// whose name is missing. By this rank alone; throws InputError.
std::vector<std::string> warnings_of_names(const RowInput& input);

/// Reads the names of all rows once, each rank a share, and keeps none, so that a damaged index is found
/// before the long work and not when its result is written. All problems of all inputs are reported in one
/// error. Names that occur more than once are a warning.
/// @note Collective. Throws InputError on all ranks.
void expect_row_names(const comm::Communicator& comm, std::span<const RowInput> inputs, base::Log& log);

}  // namespace fleetsne::io
