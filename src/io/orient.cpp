#include "fleetsne/base/error.hpp"
#include "fleetsne/io/input.hpp"

#include <fmt/format.h>

#include <utility>

namespace fleetsne::io {
namespace {

/// Data of fewer points than a quarter of their columns are rare, exchanged ones are not.
constexpr std::int64_t suspicious_ratio = 4;

std::string name_of(const RowInput& input) {
  const Location& location = input.location;
  return location.dataset.empty() ? location.path : fmt::format("{}:{}", location.path, location.dataset);
}

bool can_turn(const RowInput& input) {
  switch (input.format) {
    case Format::hdf5:
    case Format::zarr:
    case Format::table:
      return true;
    case Format::idx:
    case Format::npy:
    case Format::vectors:
      return input.layout.dimensions == 2 && input.layout.row_prefix == 0;
    default:
      return false;
  }
}

/// Rows become columns.
void turn(RowInput& input) {
  if (!can_turn(input))
    throw base::InputError(fmt::format(
        "{} cannot be read with --input.transposed (it is not stored as one matrix: .fvecs, .bvecs "
        "and .ivecs hold vector after vector, and images have more than two dimensions). Save it "
        "as .npy, transposed or not",
        name_of(input)));
  if (is_store(input.format) || input.format == Format::table) {
    input.transposed = !input.transposed;
    std::swap(input.chunk_rows, input.chunk_columns);
    std::swap(input.point_columns, input.column_order);
  } else {
    input.layout.column_major = !input.layout.column_major;
    std::swap(input.layout.rows, input.layout.columns);
  }
  std::swap(input.rows, input.columns);
  if (input.format == Format::table) {  // any of its points are read by reading all lines
    input.packed = false;
    input.chunk_rows = input.rows;
  }
}

bool looks_exchanged(const RowInput& input) {
  const bool certain = input.oriented || !input.exchanged_by.empty();
  return !certain && input.rows * suspicious_ratio < input.columns;
}

}  // namespace

void orient(RowInput& input, Orientation orientation) {
  if (!input.exchanged_by.empty()) {
    turn(input);
    input.notes.push_back(fmt::format("{} is read as {} points of {} columns, as {} means it", name_of(input),
                                      input.rows, input.columns, input.exchanged_by));
  }
  if (orientation == Orientation::columns) {
    turn(input);
    input.notes.push_back(fmt::format("{} is read as {} points of {} columns (--input.transposed)",
                                      name_of(input), input.rows, input.columns));
    return;
  }
  if (orientation == Orientation::embedding) {
    if (input.rows > 2 || input.columns <= 2 || !can_turn(input)) return;
    input.notes.push_back(
        fmt::format("{} is {} x {}: its columns are the points", name_of(input), input.rows, input.columns));
    return turn(input);
  }
}

void warn_of_exchanged(std::span<RowInput> inputs, std::span<const RowInput> like) {
  const auto is_confirmed = [&](const RowInput& input) {
    const RowInput& first = like.empty() ? inputs.front() : like.front();
    return first.columns == input.columns && (!like.empty() || !looks_exchanged(first));
  };
  for (RowInput& input : inputs) {
    if (!looks_exchanged(input) || is_confirmed(input)) continue;
    input.warnings.push_back(fmt::format(
        "{} has {} rows of {} columns, and rows are taken for points (R, MATLAB and Julia store a matrix "
        "the other way round, and tables of counts often have a line for each gene). If the points are its "
        "columns, add --input.transposed",
        name_of(input), input.rows, input.columns));
  }
}

}  // namespace fleetsne::io
