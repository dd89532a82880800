#include "fleetsne/base/error.hpp"
#include "fleetsne/io/anndata_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fleetsne::io::anndata {

namespace {

constexpr std::int64_t names_per_block = 65536;

std::vector<RowInput> inspect_each(std::span<const std::string> inputs) {
  std::vector<RowInput> result;
  for (const std::string& input : inputs) result.push_back(inspect_rows(input));
  return result;
}

}  // namespace

/// The index of an AnnData file, if it has one that can name the rows.
std::optional<RowNames::Source> RowNames::index_of(const RowInput& input, std::int64_t begin) {
  if (!input.anndata) return std::nullopt;
  const hdf5::Guard guard(base::ErrorKind::input, input.location.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (hdf5::object_type(file.get(), "obs") != H5O_TYPE_GROUP) return std::nullopt;
  const hdf5::Handle obs = guard.own(H5Gopen2(file.get(), "obs", H5P_DEFAULT), H5Gclose, "has a damaged obs");
  const std::string index = hdf5::string_attribute(obs.get(), "_index");
  const std::string name = "obs/" + (index.empty() ? "_index" : index);
  if (hdf5::object_type(file.get(), name) != H5O_TYPE_DATASET) return std::nullopt;
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file.get(), name);
  const std::vector<std::int64_t> shape = hdf5::extents(guard, dataset.get());
  const hdf5::Handle type = guard.own(H5Dget_type(dataset.get()), H5Tclose, "has a dataset without a type");
  const bool strings = H5Tget_class(type.get()) == H5T_STRING;
  const bool usable = strings || hdf5::holds_integers(guard, dataset.get());
  if (!usable || shape != std::vector<std::int64_t>{input.rows}) return std::nullopt;
  hdf5::expect_stored(guard, dataset.get(), name);
  return Source{input.location.path, name, begin, input.rows, strings};
}

RowNames::RowNames(std::span<const RowInput> inputs) {
  std::int64_t begin = 0;
  for (const RowInput& input : inputs) {
    if (auto source = index_of(input, begin)) sources_.push_back(std::move(*source));
    begin += input.rows;
  }
}

RowNames::RowNames(std::span<const std::string> names, std::int64_t rows) {
  const std::vector<RowInput> inputs = inspect_each(names);
  std::int64_t found = 0;
  for (const RowInput& input : inputs) found += input.rows;
  // Rows that are not those of the inputs (or inputs that have changed) must not get their names.
  if (found == rows) *this = RowNames(inputs);
}

std::vector<std::string> RowNames::read(std::int64_t first, std::int64_t count) const {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (std::int64_t row = first; row < first + count; ++row) names.push_back(std::to_string(row));
  for (const Source& source : sources_) {
    const std::int64_t from = std::max(first, source.begin);
    const std::int64_t to = std::min(first + count, source.begin + source.rows);
    if (from >= to) continue;
    const hdf5::Guard guard(base::ErrorKind::input, source.path);
    const hdf5::Handle file = hdf5::open_file(guard);
    const hdf5::Handle dataset = hdf5::open_dataset(guard, file.get(), source.dataset);
    std::vector<std::string> part;
    if (source.strings) {
      part = hdf5::read_strings(guard, dataset.get(), from - source.begin, to - from);
    } else {
      std::vector<std::int64_t> numbers(static_cast<std::size_t>(to - from));
      hdf5::read_integers(guard, dataset.get(), from - source.begin, std::span(numbers));
      for (const std::int64_t number : numbers) part.push_back(std::to_string(number));
    }
    std::move(part.begin(), part.end(), names.begin() + (from - first));
  }
  return names;
}

void expect_row_names(std::span<const RowInput> inputs) {
  std::string problems;
  for (const RowInput& input : inputs) {
    try {
      const RowNames names(std::span(&input, 1));
      for (std::int64_t at = 0; input.anndata && at < input.rows; at += names_per_block)
        static_cast<void>(names.read(at, std::min(names_per_block, input.rows - at)));
    } catch (const base::Error& error) {
      problems += fmt::format("{}{}", problems.empty() ? "" : "\n", error.what());
    }
  }
  if (!problems.empty()) throw base::InputError(problems);
}

}  // namespace fleetsne::io::anndata
