#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::io {
namespace {

/// Throws with the first value of this rank's block that is no number. Blocks stand in rank order and the
/// lowest rank's error is the one that all ranks throw, so it is the first of the whole input.
void expect_finite(const std::vector<RowInput>& inputs, base::GlobalIndex begin,
                   base::MatrixView<const float> local) {
  // Squared distances are float32: of values up to this they stay finite.
  const float most = std::sqrt(std::numeric_limits<float>::max() /
                               (4 * static_cast<float>(std::max<std::size_t>(local.columns(), 1))));
  for (std::size_t i = 0; i < local.rows(); ++i) {
    const std::span<const float> row = local.row(i);
    const auto bad =
        std::find_if(row.begin(), row.end(), [&](float value) { return !(std::abs(value) <= most); });
    if (bad == row.end()) continue;
    base::GlobalIndex in_file = begin + static_cast<base::GlobalIndex>(i);
    std::size_t which = 0;
    while (in_file >= inputs[which].rows) in_file -= inputs[which++].rows;
    throw base::InputError(
        fmt::format("{} has {} at row {}, column {}, both counted from 0 (distances to it are undefined). "
                    "Remove or fill such values",
                    inputs[which].location.path,
                    std::isnan(*bad)   ? "NaN"
                    : std::isinf(*bad) ? "infinity, or a number too large for float32,"
                                       : "a number too large to square",
                    in_file, bad - row.begin()));
  }
}

/// Rows [begin, begin + out.rows()) of the stacked inputs. Collective.
void read_stacked(const comm::Communicator& comm, const std::vector<RowInput>& inputs,
                  base::GlobalIndex begin, base::MatrixView<float> out) {
  const auto end = begin + static_cast<base::GlobalIndex>(out.rows());
  base::GlobalIndex input_begin = 0;
  for (const RowInput& input : inputs) {
    const base::GlobalIndex from = std::clamp(begin, input_begin, input_begin + input.rows);
    const base::GlobalIndex to = std::clamp(end, input_begin, input_begin + input.rows);
    const auto count = static_cast<std::size_t>(to - from);
    const auto at = count == 0 ? std::size_t{0} : static_cast<std::size_t>(from - begin);
    read_input_rows(comm, input, from - input_begin, out.middle_rows(at, count));
    input_begin += input.rows;
  }
}

base::GlobalIndex rows_of(const std::vector<RowInput>& inputs) {
  base::GlobalIndex total = 0;
  for (const RowInput& input : inputs) total += input.rows;
  return total;
}

}  // namespace

data::DistributedMatrix<float> read_rows(const comm::Communicator& comm,
                                         std::span<const std::string> input_names,
                                         const RowOptions& options) {
  if (input_names.empty())
    throw base::UsageError("no input is given (there is nothing to embed). Name a file");
  const std::vector<RowInput> inputs = inspect_all_rows(comm, input_names);
  if (options.log != nullptr) say_what_was_found(inputs, *options.log);
  const base::GlobalIndex total = rows_of(inputs);
  comm::agree(comm, [&] {
    if (total >= comm.size()) return;
    throw base::InputError(fmt::format(
        "{}{} has {} row{}, fewer than the {} ranks (every rank needs one). Use at most {} rank{}",
        inputs[0].location.path, inputs.size() > 1 ? " with what is stacked below it" : "", total,
        total == 1 ? "" : "s", comm.size(), total, total == 1 ? "" : "s"));
  });

  data::DistributedMatrix<float> result;
  result.rows = data::RowDistribution::balanced(total, comm.size());
  const base::GlobalIndex begin = result.rows.begin(comm.rank()), end = result.rows.end(comm.rank());
  comm::agree(comm, [&] {
    result.local = base::padded_matrix<float>(static_cast<std::size_t>(end - begin),
                                              static_cast<std::size_t>(inputs[0].columns));
  });
  read_stacked(comm, inputs, begin, result.local.view());
  comm::agree(comm, [&] { expect_finite(inputs, begin, result.local.view()); });
  return result;
}

data::DistributedMatrix<float> read_sample(const comm::Communicator& comm,
                                           std::span<const std::string> input_names,
                                           base::GlobalIndex count, const RowOptions& options) {
  const std::vector<RowInput> inputs = inspect_all_rows(comm, input_names);
  const base::GlobalIndex total = rows_of(inputs);
  if (count >= total) return read_rows(comm, input_names, options);
  const auto all = data::RowDistribution::balanced(total, comm.size());
  data::DistributedMatrix<float> result;
  result.rows = data::RowDistribution::balanced(count, comm.size());
  const base::GlobalIndex mine = result.rows.count(comm.rank()), begin = all.begin(comm.rank());
  comm::agree(comm, [&] {
    result.local = base::padded_matrix<float>(static_cast<std::size_t>(mine),
                                              static_cast<std::size_t>(inputs[0].columns));
  });
  // As many runs on every rank: each is read collectively. They lie evenly over what the rank would read.
  base::GlobalIndex run_rows = 512;  // opening the files costs little beside that
  for (const RowInput& input : inputs) run_rows = std::max(run_rows, input.chunk_rows);
  const bool packed = std::ranges::any_of(inputs, &RowInput::packed);
  const base::GlobalIndex runs = packed ? 1 : std::max<base::GlobalIndex>(1, result.rows.count(0) / run_rows);
  for (base::GlobalIndex r = 0; r < runs; ++r) {
    const base::GlobalIndex to = mine * r / runs, rows = mine * (r + 1) / runs - to;
    const base::GlobalIndex from =
        begin + (all.count(comm.rank()) - mine) * r / std::max<base::GlobalIndex>(1, runs - 1) + to;
    const auto out =
        result.local.view().middle_rows(static_cast<std::size_t>(to), static_cast<std::size_t>(rows));
    read_stacked(comm, inputs, from, out);
    comm::agree(comm, [&] { expect_finite(inputs, from, out); });
  }
  return result;
}

}  // namespace fleetsne::io
