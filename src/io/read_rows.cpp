#include "fleetsne/base/error.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include "double_rows.hpp"
#include "stacked_rows.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

/// Of rows, on all threads; NaN if there is one.
float largest_of(base::MatrixView<const float> rows) {
  constexpr std::size_t rows_at_once = 1024;
  std::vector<float> largest((rows.rows() + rows_at_once - 1) / rows_at_once, 0.0F);
  base::parallel_for(static_cast<std::int64_t>(largest.size()), [&](std::int64_t p) {
    const auto part = static_cast<std::size_t>(p);
    const std::size_t end = std::min(rows.rows(), (part + 1) * rows_at_once);
    std::vector<float> of_rows;
    for (std::size_t i = part * rows_at_once; i < end; ++i) of_rows.push_back(largest_magnitude(rows.row(i)));
    largest[part] = largest_magnitude(of_rows);
  });
  return largest_magnitude(std::span<const float>(largest));
}

/// The squares of differences between values not larger than this may vanish in float32.
constexpr double smallest_to_square = 0x1p-40;

/// Squared distances are float32: of values up to this they stay finite.
float largest_to_square(std::size_t columns) {
  return std::sqrt(std::numeric_limits<float>::max() /
                   (4 * static_cast<float>(std::max<std::size_t>(columns, 1))));
}

/// Throws with the first value of this rank's rows that is larger, or not a number. Blocks stand in rank
/// order and the lowest rank's error is the one that all ranks throw, so it is the first of the whole input.
/// @param largest  magnitude of the rows
void expect_at_most(float most, float largest, const StackedRows& inputs, std::span<const Block> blocks,
                    base::MatrixView<const float> local) {
  if (largest <= most) return;
  for (const Block& block : blocks)
    for (std::size_t i = 0; i < block.rows; ++i) {
      const std::span<const float> row = local.row(block.at + i);
      const auto bad = std::ranges::find_if(row, [&](float x) { return !(std::abs(x) <= most); });
      if (bad != row.end())
        inputs.refuse(static_cast<double>(*bad), block.first + static_cast<base::GlobalIndex>(i),
                      static_cast<std::size_t>(bad - row.begin()));
    }
}

/// Of each sampled row its largest magnitude.
std::vector<double> sampled_magnitudes(const StackedRows& inputs, std::span<const Block> blocks,
                                       base::MatrixView<const float> local) {
  const base::GlobalIndex stride = sample_stride(inputs.rows(), inputs.columns());
  std::vector<double> result;
  for (const Block& block : blocks)
    for (std::size_t i = 0; i < block.rows; ++i)
      if ((block.first + static_cast<base::GlobalIndex>(i)) % stride == 0)
        result.push_back(static_cast<double>(largest_magnitude(local.row(block.at + i))));
  return result;
}

/// Rows whose type float32 holds are read as they are; nothing but the exponent has to be chosen. Collective.
/// @param largest  becomes the largest magnitude of this rank's rows, as they are kept
Choice read_narrow(const comm::Communicator& comm, const StackedRows& inputs, std::span<const Block> blocks,
                   const Request& request, base::MatrixView<float> out, float& largest) {
  for (const Block& block : blocks) inputs.read(comm, block.first, out.middle_rows(block.at, block.rows));
  largest = largest_of(out);
  Choice choice;
  if (request.fixed != nullptr) {
    choice.rescaling = *request.fixed;
  } else if (request.is_free()) {
    comm::agree(comm,
                [&] { expect_at_most(std::numeric_limits<float>::max(), largest, inputs, blocks, out); });
    choice.largest = static_cast<double>(comm.all_reduce(largest, comm::Reduction::max));
    if (request.invariance.scale)
      choice.rescaling.exponent =
          choose_exponent(comm, choice.largest, sampled_magnitudes(inputs, blocks, out));
  }
  if (choice.rescaling.exponent == 0) return choice;
  const double scale = scale_of(choice.rescaling);
  for (std::size_t i = 0; i < out.rows(); ++i)
    for (float& x : out.row(i)) x = static_cast<float>(static_cast<double>(x) * scale);
  largest = largest_of(out);
  return choice;
}

/// Throws about values that are too small to square, where they must not be scaled. All ranks have the same.
void expect_room_for_squares(const StackedRows& inputs, double largest) {
  if (!(largest > 0) || largest >= smallest_to_square) return;
  throw base::InputError(fmt::format(
      "{} has no value larger than {:.3g} (squares of such numbers vanish in float32, and a fixed sigma or "
      "distances in files do not let them be scaled). Multiply all by a power of ten",
      inputs.name(), largest));
}

/// Says what was done to the values, and what was lost nevertheless.
void say_what_was_done(const StackedRows& inputs, const Choice& choice, const DistinctRows& distinct,
                       const Invariance& invariance, base::Log& log) {
  if (!choice.rescaling.offsets.empty())
    log.info_once(
        fmt::format("{}: columns are centered in double precision (values lie {:.3g} from 0 and differ by "
                    "{:.3g}, which float32 would not resolve)",
                    inputs.name(), choice.centered_at, choice.centered_spread));
  if (choice.rescaling.exponent != 0)
    log.info_once(
        fmt::format("{}: values are multiplied by 2^{} (the largest is {:.3g}, whose square float32 does not "
                    "hold)",
                    inputs.name(), choice.rescaling.exponent, choice.largest));
  if (distinct.became_equal > 0)
    log.warn(fmt::format(
        "{}: {} of {} distinct rows became equal (rows are compared in float32, which keeps 7 digits of the "
        "largest values). {}",
        inputs.name(), distinct.became_equal, distinct.before,
        invariance.offsets == Offsets::none
            ? "Subtract from each column what all of its values have in common, if that is meant"
            : "Remove values that are far larger than the others, or scale the columns alike"));
}

/// Collective.
StackedRows inspect_inputs(const comm::Communicator& comm, std::span<const std::string> names,
                           const RowOptions& options) {
  if (names.empty()) throw base::UsageError("no input is given (there is nothing to embed). Name a file");
  std::vector<RowInput> inputs = inspect_all_rows(comm, names, options.orientation, options.like);
  if (options.log != nullptr) say_what_was_found(inputs, *options.log);
  return StackedRows(std::move(inputs));
}

/// Reads what the blocks say into a matrix of as many rows. Collective.
RescaledRows read_blocks(const comm::Communicator& comm, const StackedRows& inputs,
                         std::span<const Block> blocks, const data::RowDistribution& rows,
                         const Request& request, base::Log* log) {
  RescaledRows result;
  result.rows.rows = rows;
  comm::agree(comm, [&] {
    result.rows.local =
        base::padded_matrix<float>(static_cast<std::size_t>(rows.count(comm.rank())), inputs.columns());
  });
  const auto out = result.rows.local.view();
  Choice choice;
  DistinctRows distinct;
  float largest = 0;
  if (reads_double(inputs, request)) {
    DoubleRows reader(comm, inputs, blocks, log != nullptr);
    choice = reader.read(request, out);
    distinct = reader.count_distinct();
    largest = reader.largest();
  } else {
    choice = read_narrow(comm, inputs, blocks, request, out, largest);
  }
  comm::agree(comm, [&] { expect_at_most(largest_to_square(out.columns()), largest, inputs, blocks, out); });
  comm::agree(comm, [&] {
    if (request.is_free() && !request.invariance.scale) expect_room_for_squares(inputs, choice.largest);
  });
  if (log != nullptr) say_what_was_done(inputs, choice, distinct, request.invariance, *log);
  result.rescaling = std::move(choice.rescaling);
  return result;
}

/// All rows. Collective.
RescaledRows read_all(const comm::Communicator& comm, const StackedRows& inputs, const Request& request,
                      base::Log* log) {
  const base::GlobalIndex total = inputs.rows();
  comm::agree(comm, [&] {
    if (total >= comm.size()) return;
    throw base::InputError(
        fmt::format("{} has {} row{}, fewer than the {} ranks (every rank needs one). Use at most {} rank{}",
                    inputs.name(), total, total == 1 ? "" : "s", comm.size(), total, total == 1 ? "" : "s"));
  });
  const auto rows = data::RowDistribution::balanced(total, comm.size());
  const Block mine{
      .first = rows.begin(comm.rank()), .at = 0, .rows = static_cast<std::size_t>(rows.count(comm.rank()))};
  return read_blocks(comm, inputs, std::span(&mine, 1), rows, request, log);
}

/// Runs of rows that lie evenly over what this rank would read of all. As many on every rank.
std::vector<Block> runs_of(const StackedRows& inputs, base::GlobalIndex count, base::Rank rank, int ranks) {
  const auto all = data::RowDistribution::balanced(inputs.rows(), ranks);
  const auto sampled = data::RowDistribution::balanced(count, ranks);
  const base::GlobalIndex mine = sampled.count(rank), begin = all.begin(rank);
  const base::GlobalIndex runs =
      inputs.packed() ? 1 : std::max<base::GlobalIndex>(1, sampled.count(0) / inputs.shortest_run());
  std::vector<Block> result;
  for (base::GlobalIndex r = 0; r < runs; ++r) {
    const base::GlobalIndex to = mine * r / runs, rows = mine * (r + 1) / runs - to;
    const base::GlobalIndex from =
        begin + (all.count(rank) - mine) * r / std::max<base::GlobalIndex>(1, runs - 1) + to;
    result.push_back(
        {.first = from, .at = static_cast<std::size_t>(to), .rows = static_cast<std::size_t>(rows)});
  }
  return result;
}

}  // namespace

data::DistributedMatrix<float> read_rows(const comm::Communicator& comm, std::span<const std::string> names,
                                         const RowOptions& options) {
  const StackedRows inputs = inspect_inputs(comm, names, options);
  return read_all(comm, inputs, {.invariance = {}, .fixed = options.rescaling}, options.log).rows;
}

RescaledRows read_rescaled_rows(const comm::Communicator& comm, std::span<const std::string> names,
                                const Invariance& invariance, const RowOptions& options) {
  return read_all(comm, inspect_inputs(comm, names, options), {.invariance = invariance, .fixed = nullptr},
                  options.log);
}

RescaledRows read_sample(const comm::Communicator& comm, std::span<const std::string> names,
                         base::GlobalIndex count, const Invariance& invariance, const RowOptions& options) {
  const StackedRows inputs = inspect_inputs(comm, names, options);
  const Request request{.invariance = invariance, .fixed = nullptr};
  if (count >= inputs.rows()) return read_all(comm, inputs, request, options.log);
  return read_blocks(comm, inputs, runs_of(inputs, count, comm.rank(), comm.size()),
                     data::RowDistribution::balanced(count, comm.size()), request, options.log);
}

}  // namespace fleetsne::io
