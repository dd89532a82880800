#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/elements.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include "table_values.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

/// What numbers of rows are read from.
enum class ValueForm : int {
  numbers,
  times,  ///< datetime64 of numpy
  dates   ///< text
};

/// Where the numbers stand, as rank 0 has found it.
struct NumberSource {
  Location location;
  Format format = Format::npy;
  ValueForm form = ValueForm::numbers;
  std::int64_t count = 0;
  ArrayLayout layout;
  TableLayout table;
  std::int32_t column = 0;  ///< of the table
};

std::string name_of(const NumberSource& source) {
  const auto& [path, dataset] = source.location;
  return dataset.empty() ? path : path + ":" + dataset;
}

[[noreturn]] void fail_for_shape(const NumberSource& source, const std::string& shape) {
  throw base::InputError(
      fmt::format("{} is {} (one number for each row is needed). Name one column", name_of(source), shape));
}

/// What values are read from.
ValueForm form_of(ColumnKind kind) {
  if (kind == ColumnKind::times) return ValueForm::times;
  return kind == ColumnKind::integers || kind == ColumnKind::numbers ? ValueForm::numbers : ValueForm::dates;
}

ValueForm form_of(const ArrayLayout& layout) {
  if (layout.time) return ValueForm::times;
  return layout.type.is_text() ? ValueForm::dates : ValueForm::numbers;
}

void inspect_table_numbers(NumberSource& source) {
  const std::string& path = source.location.path;
  const TableInspection table = inspect_table(*ByteStream::open(path));
  source.table = table.layout;
  source.count = table.layout.rows;
  source.column = find_column_of_values(table, path, source.location.dataset, "numbers");
  if (source.column == names_of_rows || std::find(table.text_columns.begin(), table.text_columns.end(),
                                                  source.column) != table.text_columns.end())
    source.form = ValueForm::dates;
}

NumberSource inspect_numbers(const std::string& name) {
  NumberSource source;
  source.location = split_input(name);
  source.format = detect_format(source.location.path);
  if (is_store(source.format)) {
    const Column column = find_column(*Store::open(source.location.path), source.location.dataset, "numbers");
    source.form = form_of(column.kind);
    source.count = column.count;
    return source;
  }
  if (source.format == Format::table) {
    inspect_table_numbers(source);
    return source;
  }
  if (!source.location.dataset.empty())
    throw base::InputError(
        fmt::format("{} has no datasets in it, but {} was requested (only HDF5 and AnnData files have some). "
                    "Name the file alone",
                    source.location.path, source.location.dataset));
  source.layout = read_array_header(*ByteStream::open(source.location.path), source.format);
  source.form = form_of(source.layout);
  source.count = source.layout.rows;
  if (source.layout.columns != 1)
    fail_for_shape(source, fmt::format("{} x {}", source.count, source.layout.columns));
  return source;
}

struct NumberFacts {
  Format format;
  ValueForm form;
  std::int64_t count;
  ArrayLayout layout;
  TableLayout table;
  std::int32_t column;
};

NumberSource broadcast(const comm::Communicator& comm, const NumberSource& source) {
  const NumberFacts facts = comm.broadcast(
      NumberFacts{source.format, source.form, source.count, source.layout, source.table, source.column}, 0);
  return {.location = {comm.broadcast(source.location.path, 0), comm.broadcast(source.location.dataset, 0)},
          .format = facts.format,
          .form = facts.form,
          .count = facts.count,
          .layout = facts.layout,
          .table = facts.table,
          .column = facts.column};
}

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

void parse_dates(const NumberSource& source, std::int64_t first, const std::vector<std::string>& texts,
                 std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto date = parse_iso_date(texts[i]);
    if (!date && !is_missing(texts[i]))
      throw base::InputError(fmt::format(
          "{} does not hold numbers or dates ({} in row {}, counted from 0, is neither a number nor a date "
          "as in 2024-03-01 or 2024-03-01T12:30). Color by its names with --labels",
          name_of(source), shown(texts[i]), first + static_cast<std::int64_t>(i)));
    out[i] = date.value_or(no_number);
  }
}

void read_stored_block(const NumberSource& source, std::int64_t first, std::span<double> out) {
  const auto store = Store::open(source.location.path);
  const Column column = inspect_column(*store, source.location.dataset);
  ColumnBlock block = read_column(*store, column, first, static_cast<std::int64_t>(out.size()));
  if (source.form == ValueForm::dates)
    return parse_dates(source, first, texts_of(column, std::move(block)), out);
  std::copy(block.numbers.begin(), block.numbers.end(), out.begin());
  std::copy(block.integers.begin(), block.integers.end(), out.begin());
  for (std::size_t i = 0; i < block.missing.size(); ++i)
    if (block.missing[i]) out[i] = no_number;
}

void read_table_block(const NumberSource& source, std::int64_t first, std::span<double> out) {
  if (source.form == ValueForm::dates) {
    TableTexts texts(source.location.path, source.table, source.column);
    return parse_dates(source, first, texts.read(first, static_cast<std::int64_t>(out.size())), out);
  }
  read_table_rows(*ByteStream::open(source.location.path), source.table, first,
                  base::MatrixView<double>(out.data(), out.size(), 1, 1),
                  {.columns = std::span(&source.column, 1), .missing_as_nan = true});
}

void read_array_block(const NumberSource& source, std::int64_t first, std::span<double> out) {
  const auto stream = ByteStream::open(source.location.path);
  if (source.form == ValueForm::numbers) return read_array_column(*stream, source.layout, first, out);
  if (source.form == ValueForm::dates) {
    std::vector<std::string> texts(out.size());
    read_array_column(*stream, source.layout, first, std::span(texts));
    return parse_dates(source, first, texts, out);
  }
  std::vector<std::int64_t> counts(out.size());
  read_array_column(*stream, source.layout, first, std::span(counts));
  to_seconds(*source.layout.time, counts, out);
}

void read_block(const NumberSource& source, std::int64_t first, std::span<double> out) {
  if (out.empty()) return;
  if (source.format == Format::table) return read_table_block(source, first, out);
  if (is_store(source.format)) return read_stored_block(source, first, out);
  read_array_block(source, first, out);
}

}  // namespace

RowInput rows_of_numbers(const comm::Communicator& comm, const std::string& name) {
  NumberSource source;
  comm::on_root(comm, [&] { source = inspect_numbers(name); });
  source = broadcast(comm, source);
  return rows_of_column(source.location, source.format, source.count, source.table);
}

data::Numbers read_numbers(const comm::Communicator& comm, const std::string& name,
                           const data::RowDistribution& rows) {
  NumberSource source;
  comm::on_root(comm, [&] {
    source = inspect_numbers(name);
    if (source.count == rows.total()) return;
    throw base::InputError(fmt::format(
        "{} has {} numbers for {} rows (each row needs one). Give those of the same rows in the same order",
        name, source.count, rows.total()));
  });
  source = broadcast(comm, source);
  data::Numbers result;
  if (source.form != ValueForm::numbers) result.quantity = data::Quantity::time;
  const std::string& dataset = source.location.dataset;
  if (!dataset.empty()) result.name = dataset.substr(dataset.rfind('/') + 1);
  comm::agree(comm, [&] {
    result.values.resize(static_cast<std::size_t>(rows.count(comm.rank())));
    read_block(source, rows.begin(comm.rank()), result.values);
    for (double& value : result.values)
      if (!std::isfinite(value)) value = no_number;
  });
  return result;
}

}  // namespace fleetsne::io
