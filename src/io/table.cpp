#include "fleetsne/io/table.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/error.hpp"

#include "table_dialect.hpp"
#include "table_lines.hpp"
#include "table_values.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fleetsne::io {

/// Reads the rows of a table one after another.
class RowReader {
 public:
  RowReader(ByteStream& stream, const TableLayout& layout)
      : lines_(stream, layout.separator), path_(stream.path()), layout_(layout) {
    if (layout.header) lines_.next();
  }

  void skip(base::GlobalIndex rows) {
    for (base::GlobalIndex row = 0; row < rows; ++row) next_line();
  }

  std::string_view next_line() {
    const auto line = lines_.next();
    if (!line)
      throw base::InputError(fmt::format(
          "{} has become shorter since it was inspected (it had {} rows). Wait until it is finished", path_,
          layout_.rows));
    return *line;
  }

  std::int64_t line_number() const { return lines_.number(); }

 private:
  TableLines lines_;
  std::string path_;
  TableLayout layout_;
};

/// Turns lines of a table into numbers.
template <class T>
class RowParser {
 public:
  RowParser(std::string path, const TableLayout& layout, const TableSelection& selection)
      : path_(std::move(path)), layout_(layout), missing_as_nan_(selection.missing_as_nan) {
    if (selection.columns.empty()) return;
    places_.assign(static_cast<std::size_t>(layout.columns), skipped);
    for (std::size_t i = 0; i < selection.columns.size(); ++i)
      places_[static_cast<std::size_t>(selection.columns[i])] = static_cast<std::int32_t>(i);
  }

  void parse(std::string_view line, std::int64_t number, std::span<T> out) const {
    TableValues values(line, layout_.separator);
    if (layout_.names) values.next();
    const auto columns = static_cast<std::size_t>(layout_.columns);
    std::size_t column = 0;
    for (; column < columns; ++column) {
      const std::size_t place = places_.empty() ? column : static_cast<std::size_t>(places_[column]);
      const bool wanted = places_.empty() || places_[column] != skipped;
      if (wanted) {
        if (const auto plain = values.next_number()) {
          out[place] = static_cast<T>(*plain);
          continue;
        }
      }
      const auto value = values.next();
      if (!value) break;
      if (wanted) out[place] = static_cast<T>(number_of(*value, number, column));
    }
    expect_end(values, number, column);
  }

 private:
  static constexpr std::int32_t skipped = -1;

  double number_of(TableValue value, std::int64_t line, std::size_t column) const {
    const auto number = number_from(value.text, layout_.decimal_comma);
    if (number && std::isfinite(*number)) return *number;
    const bool missing = is_missing(value.text);
    if (missing_as_nan_ && (number || missing)) return missing ? std::nan("") : *number;
    const auto fail = [&](std::string_view problem) {
      throw base::InputError(fmt::format("{}, line {}, column {}: {} {}", path_, line,
                                         column + (layout_.names ? 2 : 1), shown(value.text), problem));
    };
    if (missing)
      fail(
          "is a missing value (distances to a row without it are undefined). Remove the row or column, or "
          "fill "
          "the value");
    if (number)
      fail(
          "is infinity, or too large for a number of 64 bits (distances to it are undefined). Remove or "
          "replace it");
    fail(layout_.decimal_comma && number_from(value.text, false)
             ? "has a decimal point (other values have decimal commas). Write all values alike"
             : "is not a number (a row has numbers only, after its name if rows are named). Replace such "
               "values, "
               "or name the columns to read, as in FILE.csv:COLUMN1,COLUMN2");
    return 0;
  }

  /// @param found  how many values were there so far, the line's name aside
  void expect_end(TableValues& values, std::int64_t line, std::size_t found) const {
    const auto columns = static_cast<std::size_t>(layout_.columns);
    const auto next = values.next();
    if (found == columns && !next) return;
    if (found == columns && layout_.trailing && next->text.empty() && !values.next()) return;
    if (next) ++found;
    while (values.next()) ++found;
    fail_for_width(path_, line, found, columns);
  }

  std::string path_;
  TableLayout layout_;
  bool missing_as_nan_;
  std::vector<std::int32_t> places_;  // of each column in `out`; empty: as they stand
};

template <class T>
struct TableRows<T>::Parts {
  RowReader reader;
  RowParser<T> parser;
  base::GlobalIndex next = 0;
};

template <class T>
TableRows<T>::TableRows(ByteStream& stream, const TableLayout& layout, const TableSelection& selection)
    : parts_(new Parts{.reader = RowReader(stream, layout),
                       .parser = RowParser<T>(stream.path(), layout, selection)}) {}

template <class T>
TableRows<T>::~TableRows() = default;

template <class T>
void TableRows<T>::read(base::GlobalIndex first, base::MatrixView<T> out) {
  FLEETSNE_EXPECT(first >= parts_->next);
  parts_->reader.skip(first - parts_->next);
  for (std::size_t i = 0; i < out.rows(); ++i) {
    const std::string_view line = parts_->reader.next_line();
    parts_->parser.parse(line, parts_->reader.line_number(), out.row(i));
  }
  parts_->next = first + static_cast<base::GlobalIndex>(out.rows());
}

template class TableRows<float>;
template class TableRows<double>;

template <class T>
void read_table_rows(ByteStream& stream, const TableLayout& layout, base::GlobalIndex first,
                     base::MatrixView<T> out, const TableSelection& selection) {
  TableRows<T>(stream, layout, selection).read(first, out);
}

template void read_table_rows(ByteStream&, const TableLayout&, base::GlobalIndex, base::MatrixView<float>,
                              const TableSelection&);
template void read_table_rows(ByteStream&, const TableLayout&, base::GlobalIndex, base::MatrixView<double>,
                              const TableSelection&);

template <class T>
void read_table_columns(ByteStream& stream, const TableLayout& layout, std::span<const std::int32_t> columns,
                        base::MatrixView<T> out) {
  RowReader reader(stream, layout);
  const RowParser<T> parser(stream.path(), layout, {.columns = columns});
  std::vector<T> values(columns.size());
  for (std::size_t line = 0; line < out.columns(); ++line) {
    const std::string_view text = reader.next_line();
    parser.parse(text, reader.line_number(), values);
    for (std::size_t i = 0; i < values.size(); ++i) out(i, line) = values[i];
  }
}

template void read_table_columns(ByteStream&, const TableLayout&, std::span<const std::int32_t>,
                                 base::MatrixView<float>);
template void read_table_columns(ByteStream&, const TableLayout&, std::span<const std::int32_t>,
                                 base::MatrixView<double>);

std::vector<std::string> read_column_names(ByteStream& stream, const TableLayout& layout,
                                           std::span<const std::int32_t> columns) {
  TableLines lines(stream, layout.separator);
  const auto line = lines.next();
  std::vector<TableValue> header = values_of(line.value_or(""), layout.separator);
  const auto count = static_cast<std::size_t>(layout.columns);
  if (layout.trailing && header.size() > count) header.pop_back();
  if (header.size() < count)
    throw base::InputError(fmt::format(
        "{} has changed since it was inspected (its header line named {} columns). Wait until it is finished",
        stream.path(), count));
  header.erase(header.begin(), header.end() - static_cast<std::ptrdiff_t>(count));  // name of the names
  std::vector<std::string> names;
  for (const std::int32_t column : columns)
    names.push_back(text_of(header.at(static_cast<std::size_t>(column))));
  return names;
}

/// A file that is read on from where the last block ended.
struct TableTexts::Pass {
  Pass(const std::string& path, const TableLayout& layout)
      : stream(ByteStream::open(path)), reader(*stream, layout) {}

  std::unique_ptr<ByteStream> stream;
  RowReader reader;
  base::GlobalIndex next = 0;
};

TableTexts::TableTexts(std::string path, const TableLayout& layout, std::int32_t column)
    : path_(std::move(path)), layout_(layout), column_(column) {}

TableTexts::~TableTexts() = default;

std::vector<std::string> TableTexts::read(base::GlobalIndex first, std::int64_t count) {
  if (!pass_ || first < pass_->next) pass_ = std::make_unique<Pass>(path_, layout_);
  RowReader& reader = pass_->reader;
  reader.skip(first - pass_->next);
  const std::int32_t before = column_ + (layout_.names ? 1 : 0);
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    TableValues values(reader.next_line(), layout_.separator);
    std::optional<TableValue> value = values.next();
    for (std::int32_t c = 0; c < before && value; ++c) value = values.next();
    if (!value)
      throw base::InputError(
          fmt::format("{}, line {}: there is no value in column {} (other rows have one). "
                      "Check whether a separator is missing",
                      path_, reader.line_number(), before + 1));
    texts.push_back(text_of(*value));
  }
  pass_->next = first + count;
  return texts;
}

}  // namespace fleetsne::io
