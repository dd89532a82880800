#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/elements.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::io {
namespace {

/// Where the numbers stand, as rank 0 has found it.
struct NumberSource {
  Location location;
  Format format = Format::npy;
  std::int64_t count = 0;
  ArrayLayout layout;
  TableLayout table;
  std::int32_t column = 0;  ///< of the table
};

[[noreturn]] void fail_for_shape(const NumberSource& source, const std::string& shape) {
  throw base::InputError(fmt::format("{}{}{} is {} (one number for each row is needed). Name one column",
                                     source.location.path, source.location.dataset.empty() ? "" : ":",
                                     source.location.dataset, shape));
}

void expect_numeric(const std::string& path, const Column& column) {
  if (column.kind == ColumnKind::integers || column.kind == ColumnKind::numbers) return;
  throw base::InputError(
      fmt::format("{}:{} does not hold numbers (a color scale needs them). Color by its names with --labels",
                  path, column.name));
}

void inspect_table_numbers(NumberSource& source) {
  const std::string& path = source.location.path;
  const TableInspection table = inspect_table(*ByteStream::open(path));
  source.table = table.layout;
  source.count = table.layout.rows;
  source.column = find_column_of_values(table, path, source.location.dataset, "numbers");
  expect_numbers(table, path, std::span(&source.column, 1));
}

NumberSource inspect_numbers(const std::string& name) {
  NumberSource source;
  source.location = split_input(name);
  source.format = detect_format(source.location.path);
  if (is_store(source.format)) {
    const Column column = find_column(*Store::open(source.location.path), source.location.dataset, "numbers");
    expect_numeric(source.location.path, column);
    source.count = column.count;
    return source;
  }
  if (source.format == Format::table) {
    inspect_table_numbers(source);
    return source;
  }
  if (!source.location.dataset.empty())
    throw base::InputError(
        fmt::format("{} has no datasets in it, {} was asked for (only HDF5 and AnnData files have some). "
                    "Name the file alone",
                    source.location.path, source.location.dataset));
  source.layout = read_array_header(*ByteStream::open(source.location.path), source.format);
  source.count = source.layout.rows;
  if (source.layout.columns != 1)
    fail_for_shape(source, fmt::format("{} x {}", source.count, source.layout.columns));
  return source;
}

struct NumberFacts {
  Format format;
  std::int64_t count;
  ArrayLayout layout;
  TableLayout table;
  std::int32_t column;
};

NumberSource broadcast(const comm::Communicator& comm, const NumberSource& source) {
  const NumberFacts facts =
      comm.broadcast(NumberFacts{source.format, source.count, source.layout, source.table, source.column}, 0);
  return {.location = {comm.broadcast(source.location.path, 0), comm.broadcast(source.location.dataset, 0)},
          .format = facts.format,
          .count = facts.count,
          .layout = facts.layout,
          .table = facts.table,
          .column = facts.column};
}

void read_stored_block(const NumberSource& source, std::int64_t first, std::span<double> out) {
  const auto store = Store::open(source.location.path);
  const Column column = inspect_column(*store, source.location.dataset);
  expect_numeric(source.location.path, column);
  const ColumnBlock block = read_column(*store, column, first, static_cast<std::int64_t>(out.size()));
  for (std::size_t i = 0; i < block.numbers.size(); ++i) out[i] = block.numbers[i];
  for (std::size_t i = 0; i < block.integers.size(); ++i) out[i] = static_cast<double>(block.integers[i]);
  for (std::size_t i = 0; i < block.missing.size(); ++i)
    if (block.missing[i]) out[i] = std::numeric_limits<double>::quiet_NaN();
}

void read_block(const NumberSource& source, std::int64_t first, std::span<double> out) {
  if (out.empty()) return;
  const base::MatrixView<double> column(out.data(), out.size(), 1, 1);
  if (source.format == Format::table)
    return read_table_rows(*ByteStream::open(source.location.path), source.table, first, column,
                           {.columns = std::span(&source.column, 1), .missing_as_nan = true});
  if (is_store(source.format)) return read_stored_block(source, first, out);
  read_array_rows(*ByteStream::open(source.location.path), source.layout, first, column);
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
  const std::string& dataset = source.location.dataset;
  if (!dataset.empty()) result.name = dataset.substr(dataset.rfind('/') + 1);
  comm::agree(comm, [&] {
    result.values.resize(static_cast<std::size_t>(rows.count(comm.rank())));
    read_block(source, rows.begin(comm.rank()), result.values);
    for (double& value : result.values)
      if (!std::isfinite(value)) value = std::numeric_limits<double>::quiet_NaN();
  });
  return result;
}

}  // namespace fleetsne::io
