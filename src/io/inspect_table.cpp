#include "fleetsne/base/error.hpp"
#include "fleetsne/io/table.hpp"

#include "table_columns.hpp"
#include "table_dialect.hpp"
#include "table_header.hpp"
#include "table_lines.hpp"
#include "table_values.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

namespace fleetsne::io {
namespace {

/// A table's dialect is decided by so many lines, fewer if they are long.
constexpr std::size_t sample_lines = 1000, sample_bytes = std::size_t{8} << 20;
/// The log names so many columns.
constexpr std::size_t max_described = 3;
/// Fewer rows count from 0 or 1 by chance.
constexpr std::int64_t min_counted = 5;

/// Finds columns that count the rows, from 0 or 1, names of rows that do, and a first column of integers that
/// ascend.
class RowCounters {
 public:
  explicit RowCounters(const TableLayout& layout)
      : layout_(layout), ascends_(!layout.names), names_count_(layout.names) {}

  /// The next row.
  void add(std::string_view line) {
    if (names_count_) follow_names(line);
    if (row_ == 0) {
      find_candidates(line);
    } else {
      if (ascends_) follow_first(line);
      if (!open_.empty()) follow_all(line);
    }
    ++row_;
  }
  /// Whether the first column, the layout having no names, is integers that ascend.
  bool first_ascends() const { return ascends_ && row_ > 1; }
  /// Whether the names of rows only count them.
  bool names_count() const { return names_count_ && row_ >= min_counted; }
  /// Those that count the rows.
  std::vector<std::int32_t> columns() const {
    std::vector<std::int32_t> result;
    if (row_ >= min_counted)
      for (const Candidate& candidate : open_) result.push_back(candidate.column);
    return result;
  }

 private:
  struct Candidate {
    std::int32_t column;
    double begin;
  };

  TableValues values_of_row(std::string_view line) const {
    TableValues values(line, layout_.separator);
    if (layout_.names) values.next();
    return values;
  }
  std::optional<double> next_number(TableValues& values) const {
    if (const auto plain = values.next_number()) return plain;
    const auto value = values.next();
    return value ? number_from(value->text, layout_.decimal_comma) : std::nullopt;
  }
  static bool is_integer(std::optional<double> number) { return number && *number == std::floor(*number); }

  void find_candidates(std::string_view line) {
    TableValues values = values_of_row(line);
    for (std::int32_t c = 0; c < layout_.columns; ++c) {
      const auto number = next_number(values);
      if (c == 0) {
        ascends_ = ascends_ && is_integer(number);
        last_ = number.value_or(0);
      }
      if (number && (*number == 0 || *number == 1)) open_.push_back({c, *number});
    }
  }
  void follow_names(std::string_view line) {
    TableValues values(line, layout_.separator);
    const auto number = next_number(values);
    if (row_ == 0) names_begin_ = number.value_or(-1);
    names_count_ = number && (names_begin_ == 0 || names_begin_ == 1) &&
                   *number == names_begin_ + static_cast<double>(row_);
  }
  void follow_first(std::string_view line) {
    TableValues values = values_of_row(line);
    const auto number = next_number(values);
    ascends_ = is_integer(number) && *number > last_;
    last_ = number.value_or(0);
  }
  void follow_all(std::string_view line) {
    TableValues values = values_of_row(line);
    std::int32_t column = 0;
    std::erase_if(open_, [&](const Candidate& candidate) {
      for (; column < candidate.column; ++column) values.next();
      ++column;
      return next_number(values) != candidate.begin + static_cast<double>(row_);
    });
  }

  const TableLayout& layout_;
  bool ascends_;
  bool names_count_;
  double last_ = 0, names_begin_ = 0;
  std::vector<Candidate> open_;
  std::int64_t row_ = 0;
};

/// The first column becomes the names of rows.
void take_names(TableInspection& table) {
  table.layout.names = true;
  --table.layout.columns;
  if (!table.column_names.empty()) {
    table.names_column = table.column_names.front();
    table.column_names.erase(table.column_names.begin());
  }
  for (std::int32_t& column : table.text_columns) --column;
}

const char* name_of_separator(char separator) {
  switch (separator) {
    case '\t':
      return "tab";
    case ';':
      return "semicolon";
    case '|':
      return "pipe";
    case ' ':
      return "blank";
    default:
      return "comma";
  }
}

std::string describe(const TableInspection& table, const TableLines& lines) {
  const TableLayout& layout = table.layout;
  std::string text =
      layout.header ? fmt::format("header line ({})", list_columns(table, max_described)) : "no header line";
  if (layout.names)
    text += table.names_column.empty() ? ", names of rows in the first column"
                                       : fmt::format(", names of rows in column \"{}\"", table.names_column);
  text += fmt::format(", {} column{}, separator {}", layout.columns, layout.columns == 1 ? "" : "s",
                      name_of_separator(layout.separator));
  if (layout.decimal_comma) text += ", decimal commas";
  if (layout.trailing) text += ", the separator at the end of each line left out";
  if (lines.is_utf16()) text += ", UTF-16";
  if (lines.comments() > 0)
    text += fmt::format(", {} line{} beginning with # passed over", lines.comments(),
                        lines.comments() == 1 ? "" : "s");
  return text;
}

/// Reads all rows: how many there are, and which columns count them.
void scan(ByteStream& stream, TableLines& lines, TableInspection& table) {
  TableLayout& layout = table.layout;
  if (layout.header) lines.next();
  RowCounters counters(layout);
  // A line that cannot hold as many values is refused here: rows and columns say how much memory is needed.
  const auto shortest = static_cast<std::size_t>(layout.columns) - (layout.names ? 0 : 1);
  while (const auto line = lines.next()) {
    ++layout.rows;
    counters.add(*line);
    if (line->size() < shortest)
      fail_for_width(stream.path(), lines.number(),
                     values_of(*line, layout.separator).size() - (layout.names ? 1 : 0),
                     static_cast<std::size_t>(layout.columns));
  }
  std::vector<std::int32_t> counting = counters.columns();
  bool names_count = counters.names_count();
  if (layout.columns > 1 && counters.first_ascends() && !table.column_names.empty() &&
      names_an_index(table.column_names.front())) {
    take_names(table);
    names_count = std::erase(counting, 0) > 0;
    for (std::int32_t& column : counting) --column;
  }
  table.counting_columns = std::move(counting);
  if (names_count)
    table.warnings.push_back(fmt::format(
        "{}: {} only counts the rows. It is taken for the names of rows, not for data", stream.path(),
        table.names_column.empty() ? "the first column" : fmt::format("column \"{}\"", table.names_column)));
}

}  // namespace

bool is_table(const std::string& path) {
  const auto extension = [](std::filesystem::path name) {
    std::string text = name.extension().string();
    for (char& letter : text)
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return text;
  };
  std::filesystem::path name(path);
  if (extension(name) == ".gz") name.replace_extension();
  return extension(name) == ".csv" || extension(name) == ".tsv";
}

TableInspection inspect_table(ByteStream& stream) {
  TableLines lines(stream);
  const auto sample = lines.sample(sample_lines, sample_bytes);
  const auto expect_some = [&](std::int64_t count, const char* what) {
    if (count > 0) return;
    throw base::InputError(
        fmt::format("{} has no {} (a line of numbers is needed for each point). Check how it was made",
                    stream.path(), what));
  };
  expect_some(static_cast<std::int64_t>(sample.size()), "rows");
  TableInspection table = decide_dialect(stream.path(), sample, lines.declared_separator());
  lines.set_separator(table.layout.separator);
  expect_some(table.layout.columns, "columns beside the names of rows");
  scan(stream, lines, table);
  expect_some(table.layout.rows, "rows");
  table.notes.push_back(fmt::format("{}: {}", stream.path(), describe(table, lines)));
  return table;
}

}  // namespace fleetsne::io
