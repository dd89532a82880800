#include "double_rows.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::io {

bool reads_double(const StackedRows& inputs, const Request& request) {
  if (request.fixed != nullptr)
    return !request.fixed->offsets.empty() || request.fixed->center_rows || inputs.wide();
  return request.is_free() && inputs.wide();
}

DoubleRows::DoubleRows(const comm::Communicator& comm, const StackedRows& inputs,
                       std::span<const Block> blocks, bool compare)
    : comm_(comm), inputs_(inputs), blocks_(blocks), compare_(compare) {}

Choice DoubleRows::read(const Request& request, base::MatrixView<float> out) {
  if (request.fixed != nullptr) {
    pass(*request.fixed, nullptr, out);
    return {.rescaling = *request.fixed};
  }
  const Rescaling plain{
      .offsets = {}, .exponent = 0, .center_rows = request.invariance.offsets == Offsets::of_rows};
  Survey survey(request.invariance.offsets, inputs_.rows(), inputs_.columns());
  pass(plain, &survey, out);
  Choice choice = survey.choose(comm_, request.invariance.scale);
  if (choice.rescaling != plain) pass(choice.rescaling, nullptr, out);
  return choice;
}

DistinctRows DoubleRows::count_distinct() const {
  if (comm_.all_reduce(compare_ && rounded_ ? 1 : 0, comm::Reduction::max) == 0) return {};
  return io::count_distinct(comm_, hashes_);
}

/// Inputs that can only be read from the start are read in one piece: each further one would begin there
/// again.
void DoubleRows::pass(const Rescaling& rescaling, Survey* survey, base::MatrixView<float> out) {
  const auto step = inputs_.packed() ? out.rows()
                                     : std::max(static_cast<std::size_t>(inputs_.shortest_run()),
                                                rows_per_transfer(inputs_.columns() * sizeof(double)));
  base::Matrix<double> piece;
  rounded_ = false;
  hashes_.clear();
  for (const Block& block : blocks_) {
    const auto pieces =
        comm_.all_reduce(static_cast<std::int64_t>(block.rows == 0 ? 0 : (block.rows + step - 1) / step),
                         comm::Reduction::max);
    for (std::int64_t p = 0; p < pieces; ++p) {
      const std::size_t from = std::min(block.rows, static_cast<std::size_t>(p) * step);
      const std::size_t count = std::min(block.rows - from, step);
      const auto first = block.first + static_cast<base::GlobalIndex>(from);
      comm::agree(comm_, [&] {
        if (piece.rows() < count) piece = base::Matrix<double>(count, inputs_.columns());
      });
      const auto rows = piece.view().middle_rows(0, count);
      inputs_.read(comm_, first, rows);
      for (std::size_t i = 0; i < count; ++i)
        narrow(first + static_cast<base::GlobalIndex>(i), rows.row(i), rescaling, survey,
               out.row(block.at + from + i));
    }
  }
  comm::agree(comm_, [&] {
    if (bad_) inputs_.refuse(bad_->value, bad_->row, bad_->column);
  });
}

void DoubleRows::narrow(base::GlobalIndex index, std::span<double> row, const Rescaling& rescaling,
                        Survey* survey, std::span<float> out) {
  if (bad_) return;
  bool finite = true;
  for (const double x : row) finite &= std::abs(x) <= std::numeric_limits<double>::max();
  if (!finite) {
    const auto at = std::ranges::find_if(row, [](double x) { return !std::isfinite(x); });
    bad_ = {*at, index, static_cast<std::size_t>(at - row.begin())};
    return;
  }
  RowHashes hashes;
  if (compare_) hashes.before = hash_of(row);
  subtract_offsets(rescaling, row);
  if (survey != nullptr) survey->add(index, row);
  const double scale = scale_of(rescaling);
  bool rounded = false;
  for (std::size_t j = 0; j < row.size(); ++j) {
    const double x = row[j] * scale;
    out[j] = static_cast<float>(x);
    rounded |= static_cast<double>(out[j]) != x;
  }
  rounded_ |= rounded;
  if (!compare_) return;
  hashes.after = hash_of(std::span<const float>(out));
  hashes_.push_back(hashes);
}

}  // namespace fleetsne::io
