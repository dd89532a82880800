#include "table_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

namespace fleetsne::io {
namespace {

using Line = TableSplit::Line;
using Values = std::span<const TableValue>;

/// The step of values that are evenly spaced numbers, at least two; none otherwise.
std::optional<double> even_step(Values values, bool decimal_comma) {
  std::optional<double> last, step;
  for (const TableValue value : values) {
    const auto number = number_from(value.text, decimal_comma);
    if (!number || !std::isfinite(*number)) return std::nullopt;
    if (last) {
      const double now = *number - *last;
      if (step && std::abs(now - *step) > 1e-6 * std::abs(*step)) return std::nullopt;
      if (!step) step = now;
    }
    last = number;
  }
  return step && *step != 0 ? step : std::nullopt;
}

/// The first line and what is below it.
class Header {
 public:
  explicit Header(const TableSplit& split)
      : split_(split),
        first_(split.lines.front()),
        shift_(first_.size() + 1 == split.width ? 1 : 0),
        columns_(std::min(first_.size(), split.width - shift_)),
        index_(shift_ == 1 || (first_.size() > 1 && (first_[0].text.empty() || is_text(first_[0])))) {}

  HeaderFinding find() const {
    if (texts_prevail() || is_quoted_alone() || is_over_an_index()) return {.found = true, .doubt = {}};
    const Values numbers = Values(first_).subspan(index_ && shift_ == 0 ? 1 : 0);
    const auto step = even_step(numbers, split_.decimal_comma);
    const bool single = numbers.size() == 1 && type(numbers.front()) == ValueType::number;
    if (!step && !single) return {};
    const auto begin = number_from(numbers.front().text, split_.decimal_comma);
    if ((single || *step == 1) && (*begin == 0 || *begin == 1) && counts_columns(numbers.size(), *begin == 0))
      return {.found = true, .doubt = {}};
    if (numbers.size() < min_even || some_row_is_even()) return {};
    return {
        .found = false,
        .doubt = fmt::format(
            "the first line is read as a row, although its values are evenly spaced from {} to {} (no line "
            "below is like it). If it names the columns, put a # before it",
            numbers.front().text, numbers.back().text)};
  }

 private:
  /// So many evenly spaced numbers are hardly a row of data.
  static constexpr std::size_t min_even = 5;

  ValueType type(TableValue value) const { return type_of(value, split_.decimal_comma); }
  bool is_text(TableValue value) const { return type(value) == ValueType::text; }

  /// What stands below the numbers of the first line.
  Values values_of_row(const Line& line) const {
    return Values(line).subspan(index_ && !line.empty() ? 1 : 0);
  }

  template <class Is>
  std::size_t count_below(std::size_t column, Is&& is) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        split_.below(), [&](const Line& line) { return column < line.size() && is(line[column]); }));
  }
  /// Whether most values of a column are text.
  bool is_text_below(std::size_t column) const {
    const std::size_t texts = count_below(column, [&](TableValue value) { return is_text(value); });
    const auto is_number = [&](TableValue value) { return type(value) == ValueType::number; };
    return texts > 0 && texts >= count_below(column, is_number);
  }

  /// Above columns of numbers there is more text than numbers. Above text alone: no name is a value below.
  bool texts_prevail() const {
    std::size_t texts = 0, numbers = 0, number_columns = 0;
    bool repeated = false;
    for (std::size_t c = 0; c < columns_; ++c) {
      if (is_text_below(c + shift_)) {
        const auto is_same = [&](TableValue value) { return value.text == first_[c].text; };
        repeated = repeated || count_below(c + shift_, is_same) > 0;
        continue;
      }
      ++number_columns;
      if (is_text(first_[c])) ++texts;
      if (type(first_[c]) == ValueType::number) ++numbers;
    }
    return number_columns > 0 ? texts > numbers : !repeated;
  }

  /// Quotes stand in the first line only.
  bool is_quoted_alone() const {
    const auto quoted = [](TableValue value) { return value.quoted; };
    if (!std::ranges::all_of(first_, quoted)) return false;
    for (std::size_t c = 0; c < columns_; ++c)
      if (!is_text_below(c + shift_) && count_below(c + shift_, quoted) > 0) return false;
    return true;
  }

  /// Whether the rows are numbered in their first value, from one of these on.
  bool first_column_counts(std::initializer_list<double> from) const {
    std::optional<double> last;
    for (const Line& line : split_.below()) {
      const auto number = line.empty() ? std::nullopt : number_from(line[0].text, false);
      if (!number || (last ? *number != *last + 1 : std::ranges::find(from, *number) == from.end()))
        return false;
      last = number;
    }
    return last.has_value();
  }

  /// The first column has no name and holds names or numbers of rows, or it has a name and counts rows.
  bool is_over_an_index() const {
    if (!index_ || shift_ == 1) return false;
    if (!first_[0].text.empty()) return first_column_counts({0, 1});
    const bool always_there = count_below(0, [](TableValue value) { return value.text.empty(); }) == 0;
    return always_there && (is_text_below(0) || first_column_counts({0}));
  }

  /// Whether a row is evenly spaced numbers.
  bool some_row_is_even() const {
    return std::ranges::any_of(split_.below(), [&](const Line& line) {
      return even_step(values_of_row(line), split_.decimal_comma).has_value();
    });
  }
  /// Whether a row is consecutive integers.
  bool some_row_counts() const {
    return std::ranges::any_of(split_.below(), [&](const Line& line) {
      const Values row = values_of_row(line);
      return even_step(row, split_.decimal_comma) == 1.0 &&
             std::ranges::none_of(row, [&](TableValue value) { return is_decimal(value); });
    });
  }

  /// Whether 0, 1, 2, ... (pandas without names) or 1, 2, 3, ... number the columns. They do not where a row
  /// below looks alike, or where few of them stand above integers.
  bool counts_columns(std::size_t columns, bool from_zero) const {
    constexpr std::size_t few = 2;
    if (shift_ == 1 && !is_text_below(0) && !first_column_counts({0, 1})) return false;
    if (from_zero && index_ && is_text_below(0)) return true;
    if (columns > few && some_row_counts()) return false;
    std::size_t lines_with_decimals = 0, decimals = 0, values = 0;
    for (const Line& line : split_.below()) {
      const Values row = values_of_row(line);
      const auto found = static_cast<std::size_t>(
          std::ranges::count_if(row, [&](TableValue value) { return is_decimal(value); }));
      decimals += found;
      values += row.size();
      if (found > 0) ++lines_with_decimals;
    }
    if (columns <= few) return (from_zero || columns > 1) && decimals == values;
    return from_zero || 2 * lines_with_decimals >= split_.below().size();
  }

  bool is_decimal(TableValue value) const {
    return type(value) == ValueType::number && value.text.find_first_of(".,eE") != std::string_view::npos;
  }

  const TableSplit& split_;
  const Line& first_;
  std::size_t shift_;    // 1 if the rows have a value before those that are named
  std::size_t columns_;  // of the first line that have something below
  bool index_;           // the first value of a row seems to name or number it
};

}  // namespace

HeaderFinding find_header(const TableSplit& split) {
  return Header(split).find();
}

bool names_an_index(std::string_view column) {
  std::string lower(column);
  for (char& letter : lower)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  constexpr std::array<std::string_view, 9> names{"",      "unnamed: 0", "index",    "id",       "row",
                                                  "rowid", "cellid",     "rownames", "row.names"};
  constexpr std::array<std::string_view, 4> ends{"_id", " id", ".id", "_index"};
  return std::ranges::find(names, lower) != names.end() ||
         std::ranges::any_of(ends, [&](std::string_view end) { return lower.ends_with(end); });
}

}  // namespace fleetsne::io
