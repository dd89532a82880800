#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/array_file.hpp"
#include "fleetsne/io/elements.hpp"
#include "fleetsne/io/input.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// One source of labels: what, where, and how many.
struct LabelSource {
  Location location;
  Format format = Format::npy;
  ColumnKind kind = ColumnKind::integers;  ///< not numbers, which are read as integers, nor times
  std::int64_t count = 0;
  ArrayLayout layout;       ///< IDX, .npy and vectors
  TableLayout table;        ///< text
  std::int32_t column = 0;  ///< of the table, as find_table_column has found it
  bool of_numbers = false;  ///< of the table: the column holds numbers
};

/// Looks at one source. On this rank alone; throws InputError.
LabelSource inspect_labels(const std::string& source);

/// Looks at all sources on rank 0 and tells the others. All problems of all sources are reported in one
/// error, or else that together they have not as many labels as there are rows, if that number is given.
/// Collective; throws InputError on all ranks.
std::vector<LabelSource> inspect_all_labels(const comm::Communicator& comm,
                                            std::span<const std::string> sources,
                                            std::optional<std::int64_t> rows);

/// Labels of this rank's part of a source.
struct LabelBlock {
  ColumnKind kind = ColumnKind::integers;  ///< the same on all ranks
  ColumnBlock values;
  std::vector<std::string> categories{};  ///< what codes stand for, the same on all ranks
};

/// Reads labels [first, first + count). On this rank alone; throws InputError.
LabelBlock read_label_block(const LabelSource& source, std::int64_t first, std::int64_t count);

/// More distinct labels than this are no categories but a number or a name for each point.
inline constexpr std::size_t most_categories = 100000;

/// Codes of one source and what they mean, the categories in the source's own order if it has one, else
/// sorted.
struct Categorized {
  std::vector<std::int32_t> codes;
  std::vector<std::string> categories;
  bool order_chosen = false;  ///< somebody has put the categories in an order that is not that of their texts
};

/// Agrees with the other ranks on the distinct labels of one source. The same for any number of ranks.
/// Collective.
Categorized categorize(const comm::Communicator& comm, const std::string& name, const LabelBlock& block);

/// One order of categories for all sources: by number if all are integers and nobody has chosen an order,
/// else as they first appear.
std::vector<std::string> merge_categories(const std::vector<Categorized>& sources);

}  // namespace fleetsne::io
