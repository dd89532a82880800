#include "fleetsne/io/input.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/known_formats.hpp"
#include "fleetsne/io/row_names.hpp"

#include "match_columns.hpp"
#include "zarr_source.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace fleetsne::io {
namespace {

const char* called(Format format) {
  switch (format) {
    case Format::idx:
      return "an IDX";
    case Format::npy:
      return "an .npy";
    default:
      return "a vectors";
  }
}

/// Throws InputError unless rows can be read from an array.
void expect_numbers(const ArrayLayout& layout, const std::string& path) {
  if (layout.time)
    throw base::InputError(fmt::format(
        "{} holds times (rows are numbers). Convert them, as in array.astype(\"int64\"), or color "
        "a picture by them with plot --values",
        path));
  if (layout.type.is_text())
    throw base::InputError(fmt::format(
        "{} holds text (rows are numbers). Save numbers, or give the file as --labels if it has one "
        "text for each row",
        path));
}

void inspect_array(RowInput& input) {
  const std::string& path = input.location.path;
  if (!input.location.dataset.empty()) {
    throw base::InputError(
        fmt::format("{} has no datasets in it, {} was asked for (it is {} file). Name the file alone", path,
                    input.location.dataset, called(input.format)));
  }
  const auto stream = ByteStream::open(path);
  input.packed = stream->packed();
  ArrayLayout& layout = input.layout;
  layout = read_array_header(*stream, input.format);
  expect_numbers(layout, path);
  const bool images = input.format == Format::idx && layout.dimensions > 2;
  if (layout.dimensions != 2 && !images) {
    throw base::InputError(fmt::format(
        "{} has {} dimension{} (rows need 2: one row for each point). Reshape it to points x values", path,
        layout.dimensions, layout.dimensions == 1 ? "" : "s"));
  }
  input.rows = layout.rows;
  input.columns = layout.columns;
  input.wide = layout.type.wide();
}

std::vector<std::string> in_order(const std::vector<std::string>& names,
                                  const std::vector<std::int32_t>& order) {
  std::vector<std::string> result;
  for (const std::int32_t column : order) result.push_back(names[static_cast<std::size_t>(column)]);
  return result;
}

void inspect_text(RowInput& input) {
  const std::string& path = input.location.path;
  const std::string& chosen = input.location.dataset;
  const auto stream = ByteStream::open(path);
  input.packed = true;
  TableInspection table = inspect_table(*stream);
  if (!chosen.empty()) input.column_order = find_table_columns(table, path, chosen);
  expect_numbers(table, path, input.column_order);
  input.table = table.layout;
  input.rows = input.table.rows;
  input.columns = chosen.empty() ? input.table.columns : static_cast<std::int64_t>(input.column_order.size());
  input.notes = std::move(table.notes);
  if (!chosen.empty())
    input.notes.push_back(
        fmt::format("{}: {} of {} columns are read ({})", path, input.columns, input.table.columns, chosen));
  input.warnings = warnings_of_counters(table, path, input.column_order);
  input.warnings.insert(input.warnings.begin(), table.warnings.begin(), table.warnings.end());
  input.column_names = std::move(table.column_names);
  if (!chosen.empty() && !input.column_names.empty())
    input.column_names = in_order(input.column_names, input.column_order);
}

/// What is known of an input without its names, to be broadcast.
struct InputFacts {
  Format format;
  std::int64_t rows, columns;
  ArrayLayout layout;
  std::int64_t chunk_rows, chunk_columns;
  bool transposed;
  bool packed;
  bool wide;
  TableLayout table;
};

std::vector<std::string> broadcast(const comm::Communicator& comm, std::vector<std::string> texts) {
  texts.resize(comm.broadcast(texts.size(), 0));
  for (std::string& text : texts) text = comm.broadcast(text, 0);
  return texts;
}

std::vector<std::int32_t> broadcast(const comm::Communicator& comm, std::vector<std::int32_t> numbers) {
  numbers.resize(comm.broadcast(numbers.size(), 0));
  comm.broadcast(std::span(numbers), 0);
  return numbers;
}

RowInput broadcast(const comm::Communicator& comm, const RowInput& input) {
  const InputFacts facts =
      comm.broadcast(InputFacts{input.format, input.rows, input.columns, input.layout, input.chunk_rows,
                                input.chunk_columns, input.transposed, input.packed, input.wide, input.table},
                     0);
  Location location{comm.broadcast(input.location.path, 0), comm.broadcast(input.location.dataset, 0)};
  std::string distance = comm.broadcast(input.distance, 0);
  return {.location = std::move(location),
          .format = facts.format,
          .rows = facts.rows,
          .columns = facts.columns,
          .layout = facts.layout,
          .chunk_rows = facts.chunk_rows,
          .chunk_columns = facts.chunk_columns,
          .transposed = facts.transposed,
          .packed = facts.packed,
          .wide = facts.wide,
          .table = facts.table,
          .distance = std::move(distance),
          .exchanged_by = comm.broadcast(input.exchanged_by, 0),
          .sources = broadcast(comm, input.sources),
          .notes = broadcast(comm, input.notes),
          .warnings = broadcast(comm, input.warnings),
          .column_names = input.column_names,
          .column_order = broadcast(comm, input.column_order),
          .point_columns = broadcast(comm, input.point_columns)};
}

/// Looks at every input and gathers what is wrong with them.
/// @param like  inputs whose columns these must have; may be empty
std::vector<RowInput> inspect_here(std::span<const std::string> inputs, Orientation orientation,
                                   std::span<const std::string> like) {
  std::vector<RowInput> result;
  std::string problems;
  const auto gather = [&](auto&& work) {
    try {
      work();
    } catch (const base::Error& error) {
      problems += fmt::format("{}{}", problems.empty() ? "" : "\n", error.what());
    }
  };
  for (const std::string& input : inputs) gather([&] { result.push_back(inspect_rows(input, orientation)); });
  std::vector<RowInput> others;
  for (const std::string& other : like) gather([&] { others.push_back(inspect_rows(other, orientation)); });
  if (orientation == Orientation::rows) warn_of_exchanged(result, others);
  const RowInput* first = others.empty() ? nullptr : &others.front();  // that has names
  for (RowInput& input : result) {
    if (first == nullptr || first->column_names.empty()) {
      first = &input;
    } else {
      gather([&] { match_columns(*first, input); });
    }
  }
  for (const RowInput& input : result) {
    if (input.columns == result.front().columns) continue;
    problems += fmt::format(
        "{}{} has {} columns, {} has {} (stacked inputs must agree). Give inputs of the same kind",
        problems.empty() ? "" : "\n", input.location.path, input.columns, result.front().location.path,
        result.front().columns);
  }
  if (!problems.empty()) throw base::InputError(problems);
  return result;
}

}  // namespace

ArrayLayout read_array_header(ByteStream& stream, Format format) {
  const ArrayLayout layout = format == Format::idx   ? read_idx_header(stream)
                             : format == Format::npy ? read_npy_header(stream)
                                                     : read_vectors_header(stream);
  expect_holds_data(stream, layout);
  return layout;
}

Format detect_format(const std::string& path) {
  if (zarr::is_store(path)) return Format::zarr;
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) refuse_folder(path);
  const auto stream = ByteStream::open(path);
  std::array<std::byte, recognized_bytes> begin{};
  const auto known = std::span<const std::byte>(begin).first(stream->read_some(0, begin));
  refuse_known_format(path, known, stream->packed());
  if (is_vectors(path)) return Format::vectors;  // its first bytes may be any
  if (is_npy(known)) return Format::npy;
  if (is_idx(known)) return Format::idx;
  const hdf5::Guard silence(base::ErrorKind::input, path);
  if (H5Fis_hdf5(path.c_str()) > 0) return Format::hdf5;
  if (is_table(path)) return Format::table;
  refuse_unknown_format(path, known);
}

bool is_anndata(const Store& store) {
  if (std::filesystem::path(store.path()).extension() == ".h5ad") return true;
  const std::string encoding = store.text_attribute("", "encoding-type");
  // Before anndata 0.8 the root does not say what it is.
  return encoding == "anndata" ||
         (encoding.empty() && store.kind("obs") != NodeKind::none && store.kind("var") != NodeKind::none &&
          store.kind("mod") == NodeKind::none);
}

RowInput inspect_rows(const std::string& input, Orientation orientation) {
  RowInput result;
  result.location = split_input(input);
  result.format = detect_format(result.location.path);
  if (result.format == Format::hdf5) {
    inspect_hdf5_rows(result);
  } else if (result.format == Format::zarr) {
    inspect_zarr_rows(result);
  } else if (result.format == Format::table) {
    inspect_text(result);
  } else {
    inspect_array(result);
  }
  orient(result, orientation);
  if (is_store(result.format) || result.transposed)
    result.column_names = names_of_columns(result, result.warnings);
  for (std::string& warning : warnings_of_names(result)) result.warnings.push_back(std::move(warning));
  return result;
}

std::vector<RowInput> inspect_all_rows(const comm::Communicator& comm, std::span<const std::string> inputs,
                                       Orientation orientation, std::span<const std::string> like) {
  std::vector<RowInput> result;
  comm::on_root(comm, [&] { result = inspect_here(inputs, orientation, like); });
  result.resize(inputs.size());
  for (RowInput& input : result) input = broadcast(comm, input);
  return result;
}

void expect_readable_everywhere(const comm::Communicator& comm, const std::string& path) {
  comm::agree(comm, [&] {
    try {
      if (!zarr::is_store(path)) ByteStream::open(path);
    } catch (const base::Error& error) {
      throw base::InputError(
          fmt::format("{}. So it is for rank {} of {}; all ranks must find the file that rank 0 has read by "
                      "the same path, on a file system that they share",
                      error.what(), comm.rank(), comm.size()));
    }
  });
}

std::vector<std::int32_t> columns_of_points(const RowInput& input, base::GlobalIndex first,
                                            std::size_t count) {
  std::vector<std::int32_t> columns(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto point = static_cast<std::size_t>(first) + i;
    columns[i] = input.point_columns.empty() ? static_cast<std::int32_t>(point) : input.point_columns[point];
  }
  return columns;
}

namespace {

/// Puts the columns of rows that were read as they stand into this order; an empty one leaves them.
template <class T>
void reorder(std::span<const std::int32_t> order, base::MatrixView<T> rows) {
  std::vector<T> read(order.size());
  for (std::size_t i = 0; !order.empty() && i < rows.rows(); ++i) {
    const std::span<T> row = rows.row(i);
    std::ranges::copy(row, read.begin());
    for (std::size_t c = 0; c < order.size(); ++c) row[c] = read[static_cast<std::size_t>(order[c])];
  }
}

}  // namespace

namespace {

template <class T>
void read_text_rows(const RowInput& input, base::GlobalIndex first, base::MatrixView<T> out) {
  const auto stream = ByteStream::open(input.location.path);
  if (!input.transposed)
    return read_table_rows(*stream, input.table, first, out, {.columns = input.column_order});
  read_table_columns(*stream, input.table, columns_of_points(input, first, out.rows()), out);
  reorder(input.column_order, out);
}

}  // namespace

template <class T>
void read_input_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                     base::MatrixView<T> out) {
  expect_readable_everywhere(comm, input.location.path);
  for (const std::string& source : input.sources) expect_readable_everywhere(comm, source);
  if (input.format == Format::hdf5 || input.format == Format::zarr) {
    if (input.format == Format::hdf5) read_hdf5_rows(comm, input, first, out);
    if (input.format == Format::zarr) read_zarr_rows(comm, input, first, out);
    return reorder(input.column_order, out);
  }
  comm::agree(comm, [&] {
    if (out.rows() == 0) return;
    if (input.format == Format::table) return read_text_rows(input, first, out);
    read_array_rows(*ByteStream::open(input.location.path), input.layout, first, out);
  });
}

template void read_input_rows(const comm::Communicator&, const RowInput&, base::GlobalIndex,
                              base::MatrixView<float>);
template void read_input_rows(const comm::Communicator&, const RowInput&, base::GlobalIndex,
                              base::MatrixView<double>);

void say_what_was_found(std::span<const RowInput> inputs, base::Log& log) {
  for (const RowInput& input : inputs) {
    for (const std::string& note : input.notes) log.info_once(note);
    for (const std::string& warning : input.warnings) log.warn(warning);
  }
}

}  // namespace fleetsne::io
