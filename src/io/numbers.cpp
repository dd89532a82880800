#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/transfer_limit.hpp"

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
  std::string dataset;  ///< HDF5: of the values
  std::string mask;     ///< HDF5: of a nullable column, true where there is none; else empty
};

[[noreturn]] void fail_for_shape(const NumberSource& source, const std::string& shape) {
  throw base::InputError(fmt::format("{}{}{} is {} (one number for each row is needed). Name one column",
                                     source.location.path, source.location.dataset.empty() ? "" : ":",
                                     source.location.dataset, shape));
}

void inspect_hdf5_numbers(NumberSource& source) {
  const hdf5::Guard guard(base::ErrorKind::input, source.location.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  const std::string& name = source.location.dataset;
  source.dataset = name;
  if (hdf5::object_type(file.get(), name + "/values") == H5O_TYPE_DATASET &&
      hdf5::object_type(file.get(), name + "/mask") == H5O_TYPE_DATASET) {
    source.dataset = name + "/values";
    source.mask = name + "/mask";
  }
  if (name.empty() || hdf5::object_type(file.get(), source.dataset) != H5O_TYPE_DATASET)
    throw base::InputError(fmt::format("{} has no column of numbers {} (it has {}). Name one, as in {}:{}",
                                       guard.file(), name, hdf5::list_datasets(file.get()), guard.file(),
                                       is_anndata(file.get(), guard.file()) ? "obs/COLUMN" : "/NAME"));
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file.get(), source.dataset);
  const std::vector<std::int64_t> shape = hdf5::extents(guard, dataset.get());
  if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1))
    fail_for_shape(source, fmt::format("of {} dimensions", shape.size()));
  source.count = shape[0];
  const hdf5::Handle type = guard.own(H5Dget_type(dataset.get()), H5Tclose, "has a dataset without a type");
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    throw base::InputError(
        fmt::format("{}:{} does not hold numbers (a colour scale needs them). For names give --labels",
                    guard.file(), name));
  hdf5::expect_stored(guard, dataset.get(), source.dataset);
  if (!source.mask.empty())
    hdf5::expect_stored(guard, hdf5::open_dataset(guard, file.get(), source.mask).get(), source.mask);
}

NumberSource inspect_numbers(const std::string& name) {
  NumberSource source;
  source.location = split_input(name);
  source.format = detect_format(source.location.path);
  if (source.format == Format::hdf5) {
    inspect_hdf5_numbers(source);
    return source;
  }
  if (!source.location.dataset.empty())
    throw base::InputError(
        fmt::format("{} has no datasets in it, {} was asked for (only HDF5 and AnnData files have some). "
                    "Name the file alone",
                    source.location.path, source.location.dataset));
  const auto stream = ByteStream::open(source.location.path);
  std::int64_t columns = 0;
  if (source.format == Format::table) {
    source.table = inspect_table(*stream);
    source.count = source.table.rows;
    columns = source.table.columns;
  } else {
    source.layout = read_array_header(*stream, source.format);
    source.count = source.layout.rows;
    columns = source.layout.columns;
  }
  if (columns != 1) fail_for_shape(source, fmt::format("{} x {}", source.count, columns));
  return source;
}

struct NumberFacts {
  Format format;
  std::int64_t count;
  ArrayLayout layout;
  TableLayout table;
};

NumberSource broadcast(const comm::Communicator& comm, const NumberSource& source) {
  const NumberFacts facts =
      comm.broadcast(NumberFacts{source.format, source.count, source.layout, source.table}, 0);
  return {.location = {comm.broadcast(source.location.path, 0), comm.broadcast(source.location.dataset, 0)},
          .format = facts.format,
          .count = facts.count,
          .layout = facts.layout,
          .table = facts.table,
          .dataset = comm.broadcast(source.dataset, 0),
          .mask = comm.broadcast(source.mask, 0)};
}

/// Elements from `first` on of a dataset of one dimension, or one column.
void read_column(const hdf5::Guard& guard, hid_t file, const std::string& name, std::int64_t first,
                 std::span<float> out) {
  const char* const problem = "has a column that cannot be read";
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file, name);
  const hdf5::Handle space = guard.own(H5Dget_space(dataset.get()), H5Sclose, problem);
  const std::size_t step = rows_per_transfer(sizeof(float));
  for (std::size_t at = 0; at < out.size(); at += step) {
    const hsize_t start[2] = {static_cast<hsize_t>(first) + at, 0},
                  count[2] = {std::min(step, out.size() - at), 1};
    guard.check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start, nullptr, count, nullptr), problem);
    const hdf5::Handle memory = guard.own(H5Screate_simple(1, count, nullptr), H5Sclose, problem);
    guard.check(
        H5Dread(dataset.get(), H5T_NATIVE_FLOAT, memory.get(), space.get(), H5P_DEFAULT, out.data() + at),
        problem);
  }
}

void read_block(const NumberSource& source, std::int64_t first, std::span<float> out) {
  if (out.empty()) return;
  const base::MatrixView<float> column(out.data(), out.size(), 1, 1);
  if (source.format == Format::table)
    return read_table_rows(*ByteStream::open(source.location.path), source.table, first, column);
  if (source.format != Format::hdf5)
    return read_array_rows(*ByteStream::open(source.location.path), source.layout, first, column);
  const hdf5::Guard guard(base::ErrorKind::input, source.location.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  read_column(guard, file.get(), source.dataset, first, out);
  if (source.mask.empty()) return;
  const hdf5::Handle mask = hdf5::open_dataset(guard, file.get(), source.mask);
  std::vector<std::int64_t> missing(out.size());
  hdf5::read_integers(guard, mask.get(), first, std::span(missing));
  for (std::size_t i = 0; i < out.size(); ++i)
    if (missing[i] != 0) out[i] = std::numeric_limits<float>::quiet_NaN();
}

}  // namespace

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
    for (float& value : result.values)
      if (!std::isfinite(value)) value = std::numeric_limits<float>::quiet_NaN();
  });
  return result;
}

}  // namespace fleetsne::io
