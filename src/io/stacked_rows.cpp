#include "stacked_rows.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace fleetsne::io {

/// The bits of NaN are those of the largest integers, so no branch is needed.
float largest_magnitude(std::span<const float> values) {
  std::int32_t largest = 0;
  for (const float x : values)
    largest = std::max(largest, std::bit_cast<std::int32_t>(x) & std::numeric_limits<std::int32_t>::max());
  return std::bit_cast<float>(largest);
}

StackedRows::StackedRows(std::vector<RowInput> inputs) : inputs_(std::move(inputs)) {
  for (const RowInput& input : inputs_) rows_ += input.rows;
}

bool StackedRows::wide() const {
  return std::ranges::any_of(inputs_, &RowInput::wide);
}

bool StackedRows::packed() const {
  return std::ranges::any_of(inputs_, &RowInput::packed);
}

base::GlobalIndex StackedRows::shortest_run() const {
  return std::max<base::GlobalIndex>(512, chunk_rows());
}

std::string StackedRows::name() const {
  const std::string& first = inputs_.front().location.path;
  return inputs_.size() == 1 ? first : fmt::format("{} and what is stacked below it", first);
}

base::GlobalIndex StackedRows::chunk_rows() const {
  base::GlobalIndex result = 0;
  for (const RowInput& input : inputs_) result = std::max(result, input.chunk_rows);
  return result;
}

namespace {

/// Calls read(number of the input, its first row, part of `out`) for every input, also where it has none of
/// the rows [first, first + out.rows()).
template <class T, class Read>
void read_each(const std::vector<RowInput>& inputs, base::GlobalIndex first, base::MatrixView<T> out,
               Read&& read) {
  const auto end = first + static_cast<base::GlobalIndex>(out.rows());
  base::GlobalIndex input_begin = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const RowInput& input = inputs[i];
    const base::GlobalIndex from = std::clamp(first, input_begin, input_begin + input.rows);
    const base::GlobalIndex to = std::clamp(end, input_begin, input_begin + input.rows);
    const auto count = static_cast<std::size_t>(to - from);
    const auto at = count == 0 ? std::size_t{0} : static_cast<std::size_t>(from - first);
    read(i, from - input_begin, out.middle_rows(at, count));
    input_begin += input.rows;
  }
}

}  // namespace

void StackedRows::read(const comm::Communicator& comm, base::GlobalIndex first,
                       base::MatrixView<float> out) const {
  read_each(inputs_, first, out, [&](std::size_t i, base::GlobalIndex row, base::MatrixView<float> part) {
    read_input_rows(comm, inputs_[i], row, part);
  });
}

PieceReader::PieceReader(const comm::Communicator& comm, const StackedRows& inputs)
    : comm_(comm), inputs_(inputs), open_(inputs.inputs().size()) {
  for (const RowInput& input : inputs.inputs())
    if (input.packed) expect_readable_everywhere(comm, input.location.path);
}

void PieceReader::read(base::GlobalIndex first, base::MatrixView<double> out) {
  const std::vector<RowInput>& inputs = inputs_.inputs();
  read_each(inputs, first, out, [&](std::size_t i, base::GlobalIndex row, base::MatrixView<double> part) {
    if (!inputs[i].packed) return read_input_rows(comm_, inputs[i], row, part);
    comm::agree(comm_, [&] {
      if (part.rows() == 0) return;
      if (!open_[i]) open_[i].emplace(inputs[i]);
      open_[i]->read(row, part);
    });
  });
}

void StackedRows::refuse(double value, base::GlobalIndex row, std::size_t column) const {
  std::size_t which = 0;
  while (row >= inputs_[which].rows) row -= inputs_[which++].rows;
  throw base::InputError(
      fmt::format("{} has {} at row {}, column {}, both counted from 0 (distances to it are undefined). "
                  "Remove or fill such values",
                  inputs_[which].location.path,
                  std::isnan(value)   ? "NaN"
                  : std::isinf(value) ? "infinity, or a number too large for float32,"
                                      : "a number too large to square",
                  row, column));
}

}  // namespace fleetsne::io
