#include "table_split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace fleetsne::io {
namespace {

using Line = TableSplit::Line;

/// Those by which a table is judged: all but the first line, which may be a header, if there are others.
std::span<const Line> judged(std::span<const Line> lines) {
  return lines.size() > 1 ? lines.subspan(1) : lines;
}

std::size_t most_common_width(std::span<const Line> lines) {
  std::map<std::size_t, std::size_t> counts;
  for (const Line& line : lines) ++counts[line.size()];
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

/// Whether numbers are written with commas, and none with a point.
bool has_decimal_commas(std::span<const Line> lines) {
  bool found = false;
  for (const Line& line : lines) {
    for (const TableValue value : line) {
      const bool comma = value.text.find(',') != std::string_view::npos;
      const bool point = value.text.find('.') != std::string_view::npos;
      if (point && number_from(value.text, false)) return false;
      found = found || (comma && number_from(value.text, true));
    }
  }
  return found;
}

/// Whether a blank has split a line that another separator splits: r1,0.5,1 234.
bool is_split_within(const Line& line, const TableSplit& split) {
  const TableValue first = line.front();
  return split.separator == ' ' && !first.quoted &&
         first.text.find_first_of(table_separators) != std::string_view::npos &&
         type_of(first, split.decimal_comma) == ValueType::text;
}

/// The share of values that are not numbers (names of rows aside) plus that of lines with another width, or
/// that were split within a value.
double misfit(const TableSplit& split) {
  std::size_t values = 0, texts = 0, uneven = 0;
  const auto lines = judged(split.lines);
  for (const Line& line : lines) {
    if (line.size() != split.width || is_split_within(line, split)) ++uneven;
    for (std::size_t c = line.size() > 1 ? 1 : 0; c < line.size(); ++c) {
      ++values;
      if (type_of(line[c], split.decimal_comma) == ValueType::text) ++texts;
    }
  }
  return static_cast<double>(texts) / static_cast<double>(values) +
         static_cast<double>(uneven) / static_cast<double>(lines.size());
}

TableSplit split_by(std::span<const SampleLine> lines, char separator) {
  TableSplit split{.separator = separator, .lines = {}};
  split.lines.reserve(lines.size());
  for (const SampleLine& line : lines) split.lines.push_back(values_of(line.text, separator));
  split.width = most_common_width(judged(split.lines));
  split.decimal_comma = separator != ',' && has_decimal_commas(split.lines);
  return split;
}

bool occurs(char separator, std::span<const SampleLine> lines) {
  return std::ranges::any_of(
      lines, [&](const SampleLine& line) { return line.text.find(separator) != std::string::npos; });
}

}  // namespace

ValueType type_of(TableValue value, bool decimal_comma) {
  if (!value.quoted && is_missing(value.text)) return ValueType::missing;
  const auto number = number_from(value.text, decimal_comma);
  if (number && !std::isnan(*number)) return ValueType::number;
  return is_missing(value.text) ? ValueType::missing : ValueType::text;
}

TableSplit split_lines(std::span<const SampleLine> lines, char declared) {
  if (declared != 0) return split_by(lines, declared);
  std::optional<TableSplit> best;
  double smallest = 0;
  for (const char separator : table_separators) {
    if (!occurs(separator, lines)) continue;
    TableSplit split = split_by(lines, separator);
    const bool splits = std::ranges::any_of(split.lines, [](const Line& line) { return line.size() > 1; });
    const double found = misfit(split);
    if (!splits || (best && found >= smallest)) continue;
    best = std::move(split);
    smallest = found;
  }
  return best ? std::move(*best) : split_by(lines, ',');
}

}  // namespace fleetsne::io
