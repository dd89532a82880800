#include "table_dialect.hpp"

#include "fleetsne/base/error.hpp"

#include "table_header.hpp"
#include "table_split.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace fleetsne::io {
namespace {

using Line = TableSplit::Line;

bool ends_empty(const Line& line) {
  return line.size() > 1 && line.back().text.empty() && !line.back().quoted;
}

/// Takes away the empty value behind a separator at the end of every line. A last column of which the header
/// has a name stays: its values are missing.
/// @return  whether the rows have one
bool drop_trailing(TableSplit& split) {
  Line& first = split.lines.front();
  const bool named = first.size() == split.width && !ends_empty(first);
  const auto is_trailing = [&](const Line& line) { return line.size() != split.width || ends_empty(line); };
  const bool rows =
      split.separator != ' ' && split.width > 1 && !named && std::ranges::all_of(split.below(), is_trailing);
  if (rows) {
    for (Line& line : split.lines)
      if (line.size() == split.width && ends_empty(line)) line.pop_back();
    --split.width;
  }
  if (first.size() == split.width + 1 && ends_empty(first)) first.pop_back();
  return rows;
}

/// Whether text is a number in some other way of writing it: 1,234.5, 5 %, 1.234.
bool resembles_number(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_not_of("0123456789.,'%+- ") == std::string_view::npos &&
         text.find('-', 1) == std::string_view::npos;
}

struct ColumnTypes {
  std::size_t numbers = 0, texts = 0, distinct_texts = 0;  ///< text that resembles a number is neither

  /// Most values are text.
  bool is_text() const { return texts > 0 && texts >= numbers; }
};

ColumnTypes types_of_column(std::span<const Line> lines, std::size_t column, bool decimal_comma) {
  ColumnTypes types;
  std::set<std::string_view> distinct;
  for (const Line& line : lines) {
    if (column >= line.size()) continue;
    const ValueType type = type_of(line[column], decimal_comma);
    if (type == ValueType::number) ++types.numbers;
    if (type != ValueType::text || resembles_number(line[column].text)) continue;
    ++types.texts;
    distinct.insert(line[column].text);
  }
  types.distinct_texts = distinct.size();
  return types;
}

/// Whether a column of values names the rows: all of it is text, or most of it, no two alike (among names
/// there may be some of digits alone).
bool are_names(const ColumnTypes& types) {
  return types.is_text() && (types.numbers == 0 || types.distinct_texts == types.texts);
}

/// Throws with the first line that the header does not fit.
[[noreturn]] void fail_for_header(const std::string& path, std::span<const SampleLine> sample,
                                  const TableSplit& split) {
  const std::size_t names = split.lines.front().size();
  std::size_t i = 1;
  while (split.lines[i].size() == names) ++i;
  throw base::InputError(
      fmt::format("{}, line {}: there are {} values (the header names {}). Give every column one name", path,
                  sample[i].number, split.lines[i].size(), names));
}

}  // namespace

TableInspection decide_dialect(const std::string& path, std::span<const SampleLine> sample, char declared) {
  TableSplit split = split_lines(sample, declared);
  TableInspection table;
  TableLayout& layout = table.layout;
  layout.separator = split.separator;
  layout.decimal_comma = split.decimal_comma;
  layout.trailing = drop_trailing(split);
  const Line& first = split.lines.front();
  if (split.lines.size() == 1) {
    layout.header = std::ranges::all_of(
        first, [&](TableValue value) { return type_of(value, split.decimal_comma) == ValueType::text; });
    layout.columns = static_cast<std::int64_t>(first.size());
    return table;
  }
  const HeaderFinding header = find_header(split);
  layout.header = header.found;
  if (!header.doubt.empty()) table.warnings.push_back(fmt::format("{}: {}", path, header.doubt));
  const std::size_t width = header.found ? split.width : first.size();
  const bool shorter = header.found && first.size() + 1 == width;
  if (header.found && first.size() != width && !shorter) fail_for_header(path, sample, split);
  const auto rows = header.found ? split.below() : std::span<const Line>(split.lines);
  std::vector<ColumnTypes> types;
  for (std::size_t c = 0; c < width; ++c) types.push_back(types_of_column(rows, c, split.decimal_comma));
  const bool unnamed = header.found && first.front().text.empty();
  layout.names = width > 1 && (shorter || unnamed || are_names(types.front()));
  layout.columns = static_cast<std::int64_t>(width) - (layout.names ? 1 : 0);
  const std::size_t begin = layout.names ? 1 : 0;
  for (std::size_t c = begin; c < width; ++c)
    if (types[c].is_text()) table.text_columns.push_back(static_cast<std::int32_t>(c - begin));
  if (!header.found) return table;
  for (const TableValue name : first) table.column_names.push_back(text_of(name));
  if (layout.names && !shorter) {
    table.names_column = table.column_names.front();
    table.column_names.erase(table.column_names.begin());
  }
  return table;
}

}  // namespace fleetsne::io
