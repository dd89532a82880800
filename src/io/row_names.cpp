#include "fleetsne/io/row_names.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/repeated_names.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace fleetsne::io {
namespace {

constexpr std::int64_t names_per_read = 65536;

/// A column that may name rows.
struct NameColumn {
  std::string name;
  bool certain = false;  ///< it belongs to the rows by the layout of the file; else if it is as long
};

std::string first_part(const std::string& name) {
  return name.substr(0, name.find('/'));
}

/// Whether AnnData keeps rows that belong to obs (or var) in a group or array of this name.
bool in_layout(const std::string& part) {
  constexpr std::array known{"X", "layers", "obsm", "obsp", "raw", "varm", "varp"};
  return std::ranges::find(known, part) != known.end();
}

/// What may name the rows of a dataset in a group that it lies in.
/// @param group  "" or a name with a slash behind
/// @param part   what of the group it lies in
std::vector<NameColumn> columns_in(const Store& store, const std::string& group, const std::string& part) {
  std::vector<NameColumn> result;
  const std::string frame = group + (part == "varm" || part == "varp" ? "var" : "obs");
  if (store.kind(frame) != NodeKind::none) {
    if (const auto index = index_of_frame(store, frame)) {
      result.push_back({*index, in_layout(part)});
    } else if (in_layout(part)) {
      result.push_back({frame + "/_index", true});
    }
  }
  for (const char* name : {"CellID", "obs_names"})  // loom
    if (part != "row_attrs" && store.kind(group + "col_attrs/" + name) != NodeKind::none)
      result.push_back({group + "col_attrs/" + name, false});
  if (store.kind(group + "cell.names") != NodeKind::none)  // h5Seurat
    result.push_back({group + "cell.names", false});
  return result;
}

/// What may name the rows of a dataset, the nearest first: a modality of MuData has an obs of its own.
std::vector<NameColumn> columns_for(const Store& store, const std::string& dataset) {
  std::vector<NameColumn> result;
  for (std::size_t end = dataset.rfind('/');;
       end = end == 0 ? std::string::npos : dataset.rfind('/', end - 1)) {
    const std::string group = end == std::string::npos ? "" : dataset.substr(0, end + 1);
    const auto found = columns_in(store, group, first_part(dataset.substr(group.size())));
    result.insert(result.end(), found.begin(), found.end());
    if (end == std::string::npos) return result;
  }
}

/// How many values of a column are missing.
std::int64_t count_missing(const Store& store, const Column& column) {
  if (column.kind == ColumnKind::texts && column.mask.empty() && !column.missing_text) return 0;
  std::int64_t missing = 0;
  for (std::int64_t at = 0; at < column.count; at += names_per_read) {
    const ColumnBlock block = read_column(store, column, at, std::min(names_per_read, column.count - at));
    missing += std::ranges::count(block.missing, true);
  }
  return missing;
}

/// The column that names the rows of an input in a store, if there is one; what is wrong goes to `warnings`.
std::optional<Column> find_names(const Store& store, const RowInput& input,
                                 std::vector<std::string>& warnings) {
  const auto cannot = [&](const std::string& why) {
    warnings.push_back(
        fmt::format("{}. Rows of {} are called by their numbers, which do not match the names in other files",
                    why, input.location.path));
  };
  for (const NameColumn& candidate : columns_for(store, input.location.dataset)) {
    try {
      Column column = inspect_column(store, candidate.name, "Write the names of rows as one column of text");
      if (column.count == input.rows) return column;
      if (candidate.certain)
        cannot(fmt::format("{}: {} has {} names for {} rows (the file is damaged)", store.path(),
                           candidate.name, column.count, input.rows));
    } catch (const base::Error& error) {
      cannot(fmt::format("no names of rows can be read: {}", error.what()));
    }
  }
  return std::nullopt;
}

/// The index of the var of the group that rows of X or layers lie in; "" for other rows, or if it has none.
std::string index_of_columns(const Store& store, const std::string& dataset) {
  std::string group = dataset.substr(0, dataset.rfind('/') + 1);  // "" or with a slash behind
  const std::string layers = "layers/";
  if (group == layers || group.ends_with("/" + layers)) {
    group.resize(group.size() - layers.size());
  } else if (dataset.substr(group.size()) != "X") {
    return {};
  }
  return index_of_frame(store, group + "var").value_or("");
}

std::vector<RowInput> inspect_each(std::span<const std::string> inputs, Orientation orientation) {
  std::vector<RowInput> result;
  for (const std::string& input : inputs) result.push_back(inspect_rows(input, orientation));
  return result;
}

}  // namespace

RowNames::RowNames(std::span<const RowInput> inputs) {
  for (const RowInput& input : inputs) {
    Source source{.input = input, .column = {}, .store = {}, .table = {}, .begin = rows_, .named = 0};
    rows_ += input.rows;
    if (input.format == Format::table && (input.transposed ? input.table.header : input.table.names)) {
      if (!input.transposed)
        source.table = std::make_shared<TableTexts>(input.location.path, input.table, names_of_rows);
      source.named = input.rows;
      sources_.push_back(std::move(source));
      continue;
    }
    if (!is_store(input.format)) continue;
    source.store = Store::open(input.location.path);
    std::vector<std::string> warnings;  // were said when the input was inspected
    auto column = find_names(*source.store, input, warnings);
    if (!column) continue;
    source.column = std::move(*column);
    source.named = input.rows - count_missing(*source.store, source.column);
    sources_.push_back(std::move(source));
  }
}

RowNames::RowNames(std::span<const std::string> names, Orientation orientation, std::int64_t rows) {
  const std::vector<RowInput> inputs = inspect_each(names, orientation);
  std::int64_t found = 0;
  for (const RowInput& input : inputs) found += input.rows;
  if (found == rows) *this = RowNames(inputs);
}

std::int64_t RowNames::named_rows() const {
  std::int64_t result = 0;
  for (const Source& source : sources_) result += source.named;
  return result;
}

std::vector<std::string> RowNames::read(const Source& source, std::int64_t first, std::int64_t count) {
  if (source.table != nullptr) return source.table->read(first, count);
  if (source.store == nullptr) {
    const RowInput& input = source.input;
    return read_column_names(*ByteStream::open(input.location.path), input.table,
                             columns_of_points(input, first, static_cast<std::size_t>(count)));
  }
  ColumnBlock block = read_column(*source.store, source.column, first, count);
  const std::vector<bool> missing = block.missing;
  std::vector<std::string> names = texts_of(source.column, std::move(block));
  for (std::size_t i = 0; i < missing.size(); ++i)
    if (missing[i]) names[i] = std::to_string(source.begin + first + static_cast<std::int64_t>(i));
  return names;
}

std::vector<std::string> RowNames::read(std::int64_t first, std::int64_t count) const {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (std::int64_t row = first; row < first + count; ++row) names.push_back(std::to_string(row));
  for (const Source& source : sources_) {
    const std::int64_t from = std::max(first, source.begin);
    const std::int64_t to = std::min(first + count, source.begin + source.input.rows);
    if (from >= to) continue;
    std::vector<std::string> part = read(source, from - source.begin, to - from);
    std::move(part.begin(), part.end(), names.begin() + (from - first));
  }
  return names;
}

std::vector<std::string> names_of_columns(const RowInput& input, std::vector<std::string>& warnings) {
  constexpr std::int64_t most_columns = 100000;  // all names are kept at once
  if (input.columns > most_columns) return {};
  if (input.format == Format::table && input.transposed && input.table.names)
    return TableTexts(input.location.path, input.table, names_of_rows).read(0, input.table.rows);
  if (!is_store(input.format) || input.transposed) return {};
  const auto store = Store::open(input.location.path);
  const std::string index = index_of_columns(*store, input.location.dataset);
  if (index.empty()) return {};
  const auto cannot = [&](const std::string& why) {
    warnings.push_back(fmt::format(
        "{}. Columns of {} are not matched by name with those of other files: see that their order is the "
        "same",
        why, input.location.path));
    return std::vector<std::string>();
  };
  try {
    const Column column = inspect_column(*store, index, "Write the names of columns as one column of text");
    if (column.count != input.columns)
      return cannot(fmt::format("{}: {} has {} names for {} columns (the file is damaged)", store->path(),
                                index, column.count, input.columns));
    if (const std::int64_t missing = count_missing(*store, column); missing > 0)
      return cannot(fmt::format("{} of {} columns of {} have no name ({} is missing there)", missing,
                                input.columns, store->path(), index));
    return texts_of(column, read_column(*store, column, 0, column.count));
  } catch (const base::Error& error) {
    return cannot(fmt::format("no names of columns can be read: {}", error.what()));
  }
}

std::vector<std::string> warnings_of_names(const RowInput& input) {
  std::vector<std::string> warnings;
  if (!is_store(input.format)) return warnings;
  const auto store = Store::open(input.location.path);
  const auto column = find_names(*store, input, warnings);
  if (const std::int64_t missing = column ? count_missing(*store, *column) : 0; missing > 0)
    warnings.push_back(fmt::format(
        "{} of {} rows of {} have no name ({} is missing there). They are called by their numbers", missing,
        input.rows, input.location.path, column->name));
  return warnings;
}

void expect_row_names(const comm::Communicator& comm, std::span<const RowInput> inputs, base::Log& log) {
  std::vector<data::HashedName> hashed;
  std::string problems;
  base::GlobalIndex begin = 0;
  for (const RowInput& input : inputs) {
    const auto rows = data::RowDistribution::balanced(input.rows, comm.size());
    try {
      comm::agree(comm, [&] {
        const RowNames names(std::span(&input, 1));
        if (names.named_rows() == 0) return;
        const std::int64_t end = rows.end(comm.rank());
        for (std::int64_t at = rows.begin(comm.rank()); at < end; at += names_per_read) {
          base::GlobalIndex row = begin + at;
          for (const std::string& name : names.read(at, std::min(names_per_read, end - at)))
            hashed.push_back(data::hash_name(name, row++));
        }
      });
    } catch (const comm::AgreedError& error) {
      problems += fmt::format("{}{}", problems.empty() ? "" : "\n", error.what());
    }
    begin += input.rows;
  }
  if (!problems.empty()) throw comm::AgreedError(base::ErrorKind::input, problems);
  const data::RepeatedNames repeated = data::count_repeated_names(comm, hashed);
  if (repeated.rows == 0) return;
  const std::string example = comm::agree(comm, [&] { return RowNames(inputs).read(repeated.first, 1); })[0];
  log.warn(
      fmt::format("{} of {} rows have a name that another row has as well ({}, for example). Rows cannot be "
                  "matched by such "
                  "names: make them unique, for example with obs_names_make_unique of anndata",
                  repeated.rows, begin, example));
}

RowInput rows_of_column(const Location& location, Format format, std::int64_t count,
                        const TableLayout& table) {
  RowInput column;
  column.location = location;
  column.format = format;
  column.rows = count;
  column.columns = 1;
  column.table = table;
  return column;
}

}  // namespace fleetsne::io
