#include "stacked_rows.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fleetsne::io {

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
  base::GlobalIndex result = 512;
  for (const RowInput& input : inputs_) result = std::max(result, input.chunk_rows);
  return result;
}

std::string StackedRows::name() const {
  const std::string& first = inputs_.front().location.path;
  return inputs_.size() == 1 ? first : fmt::format("{} and what is stacked below it", first);
}

template <class T>
void StackedRows::read(const comm::Communicator& comm, base::GlobalIndex first,
                       base::MatrixView<T> out) const {
  const auto end = first + static_cast<base::GlobalIndex>(out.rows());
  base::GlobalIndex input_begin = 0;
  for (const RowInput& input : inputs_) {
    const base::GlobalIndex from = std::clamp(first, input_begin, input_begin + input.rows);
    const base::GlobalIndex to = std::clamp(end, input_begin, input_begin + input.rows);
    const auto count = static_cast<std::size_t>(to - from);
    const auto at = count == 0 ? std::size_t{0} : static_cast<std::size_t>(from - first);
    read_input_rows(comm, input, from - input_begin, out.middle_rows(at, count));
    input_begin += input.rows;
  }
}

template void StackedRows::read(const comm::Communicator&, base::GlobalIndex, base::MatrixView<float>) const;
template void StackedRows::read(const comm::Communicator&, base::GlobalIndex, base::MatrixView<double>) const;

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
