#include "table_columns.hpp"

#include "fleetsne/base/error.hpp"

#include "table_values.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace fleetsne::io {
namespace {

/// What there is to choose from.
std::string describe_columns(const TableInspection& table) {
  constexpr std::size_t max_listed = 12;
  const std::int64_t values = table.layout.columns + (table.layout.names ? 1 : 0);
  if (table.column_names.empty())
    return fmt::format("{} column{} and no header line", values, values == 1 ? "" : "s");
  return (table.names_column.empty() ? "" : table.names_column + ", ") + list_columns(table, max_listed);
}

/// A number of a column, counted from 1 as the values stand in a line.
std::optional<std::int32_t> column_by_number(const TableInspection& table, std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::int64_t before = table.layout.names ? 1 : 0;
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > table.layout.columns + before) return std::nullopt;
  return static_cast<std::int32_t>(number - 1 - before);
}

std::optional<std::int32_t> column_by_name(const TableInspection& table, const std::string& path,
                                           const std::string& name) {
  if (table.layout.names && !name.empty() && table.names_column == name) return names_of_rows;
  const auto found = std::ranges::find(table.column_names, name);
  if (found == table.column_names.end()) return std::nullopt;
  if (std::find(found + 1, table.column_names.end(), name) != table.column_names.end())
    throw base::InputError(fmt::format(
        "{} has several columns {} (one is needed). Give the number of the column, counted from 1", path,
        name));
  return static_cast<std::int32_t>(found - table.column_names.begin());
}

}  // namespace

std::string name_of_column(const TableInspection& table, std::int32_t column) {
  if (!table.column_names.empty())
    return fmt::format("column \"{}\"", table.column_names[static_cast<std::size_t>(column)]);
  return fmt::format("column {}", column + (table.layout.names ? 2 : 1));
}

std::string list_columns(const TableInspection& table, std::size_t max_listed) {
  const std::size_t listed = std::min(max_listed, table.column_names.size());
  const auto names = std::span(table.column_names).first(listed);
  return fmt::format("{}{}", fmt::join(names, ", "), listed < table.column_names.size() ? ", ..." : "");
}

std::string select_columns(const TableInspection& table, std::span<const std::int32_t> columns) {
  std::string text;
  for (const std::int32_t column : columns) {
    const auto& names = table.column_names;
    const std::string& name = names.at(static_cast<std::size_t>(column));
    const bool plain = !name.empty() && name.find_first_of(",\" /") == std::string::npos &&
                       std::ranges::count(names, name) == 1;
    text += fmt::format("{}{}", text.empty() ? "" : ",",
                        plain ? name : std::to_string(column + (table.layout.names ? 2 : 1)));
  }
  return text;
}

std::int32_t find_table_column(const TableInspection& table, const std::string& path,
                               const std::string& column) {
  if (const auto named = column_by_name(table, path, column)) return *named;
  if (const auto numbered = column_by_number(table, column)) return *numbered;
  throw base::InputError(
      fmt::format("{} has no column {} (it has {}). Give the name of a column, or its number "
                  "counted from 1",
                  path, column, describe_columns(table)));
}

std::int32_t find_column_of_values(const TableInspection& table, const std::string& path,
                                   const std::string& column, const std::string& what) {
  if (!column.empty()) return find_table_column(table, path, column);
  if (table.layout.columns == 1) return 0;
  throw base::InputError(
      fmt::format("{} has more than one column of {} (it has {}). Name one, as in {}:COLUMN, or give its "
                  "number counted from 1",
                  path, what, describe_columns(table), path));
}

std::vector<std::int32_t> find_table_columns(const TableInspection& table, const std::string& path,
                                             const std::string& columns) {
  if (const auto whole = column_by_name(table, path, columns)) return {*whole};
  std::vector<std::int32_t> result;
  for (const TableValue value : values_of(columns, ',')) {
    const std::int32_t column = find_table_column(table, path, text_of(value));
    if (column == names_of_rows || std::ranges::find(result, column) != result.end())
      throw base::InputError(
          fmt::format("{}: column {} {} (every column is read once, as numbers). Name others", path,
                      text_of(value), column == names_of_rows ? "holds names of rows" : "is named twice"));
    result.push_back(column);
  }
  return result;
}

void expect_numbers(const TableInspection& table, const std::string& path,
                    std::span<const std::int32_t> columns) {
  for (const std::int32_t column : table.text_columns) {
    if (!columns.empty() && std::ranges::find(columns, column) == columns.end()) continue;
    throw base::InputError(fmt::format(
        "{}: {} holds text (rows are numbers, after a first column of names). Name the columns to "
        "read, as in {}:COLUMN1,COLUMN2, or remove it",
        path, name_of_column(table, column), path));
  }
}

std::vector<std::string> warnings_of_counters(const TableInspection& table, const std::string& path,
                                              std::span<const std::int32_t> columns) {
  const std::size_t read = columns.empty() ? static_cast<std::size_t>(table.layout.columns) : columns.size();
  std::vector<std::string> warnings;
  if (read == 1) return warnings;
  for (const std::int32_t column : table.counting_columns) {
    if (!columns.empty() && std::ranges::find(columns, column) == columns.end()) continue;
    warnings.push_back(
        fmt::format("{}: {} only counts the rows, and is read as one of {} columns of data. If it numbers "
                    "the rows, remove it, or call it id in the header line if it is the first",
                    path, name_of_column(table, column), read));
  }
  return warnings;
}

}  // namespace fleetsne::io
