#include "double_rows.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace fleetsne::io {
namespace {

constexpr std::size_t bytes_at_once = std::size_t{4} << 20;
constexpr std::size_t parts_of_piece = 16;  // that threads share

/// Without a branch for each value.
bool all_finite(std::span<const double> row) {
  std::int64_t largest = 0;
  for (const double x : row)
    largest = std::max(largest, std::bit_cast<std::int64_t>(x) & std::numeric_limits<std::int64_t>::max());
  return largest < std::bit_cast<std::int64_t>(std::numeric_limits<double>::infinity());
}

}  // namespace

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
    pass(*request.fixed, {}, out);
    return {.rescaling = *request.fixed};
  }
  const Rescaling plain{
      .offsets = {}, .exponent = 0, .center_rows = request.invariance.offsets == Offsets::of_rows};
  auto survey = pass(plain, Survey(request.invariance.offsets, inputs_.rows(), inputs_.columns()), out);
  Choice choice = survey->choose(comm_, request.invariance.scale);
  if (choice.rescaling != plain) pass(choice.rescaling, {}, out);
  return choice;
}

DistinctRows DoubleRows::count_distinct() const {
  if (comm_.all_reduce(compare_ && rounded_ ? 1 : 0, comm::Reduction::max) == 0) return {};
  return io::count_distinct(comm_, hashes_);
}

/// Few enough for caches where rows are in one piece; chunks are unpacked whole, so many at once.
std::size_t DoubleRows::rows_at_once() const {
  const std::size_t row_bytes = std::max<std::size_t>(1, inputs_.columns() * sizeof(double));
  const std::size_t transfer = rows_per_transfer(row_bytes);
  const auto chunk = static_cast<std::size_t>(inputs_.chunk_rows());
  if (chunk == 0) return std::min(transfer, std::max(bytes_at_once / row_bytes, parts_of_piece));
  return std::max(chunk, transfer - transfer % chunk);
}

/// @param blank  a survey of no rows; none where nothing is to be chosen
/// @return       the survey of this rank's rows
std::optional<Survey> DoubleRows::pass(const Rescaling& rescaling, const std::optional<Survey>& blank,
                                       base::MatrixView<float> out) {
  const std::size_t step = rows_at_once();
  PieceReader reader(comm_, inputs_);
  base::Matrix<double> piece;
  std::vector<Part> parts;
  comm::agree(comm_, [&] {
    parts.assign(parts_of_piece, Part{.survey = blank, .bad = {}});
    hashes_.resize(compare_ ? out.rows() : 0);
  });
  for (const Block& block : blocks_) {
    // Pieces end where chunks do.
    const std::size_t lead =
        inputs_.chunk_rows() == 0 ? 0 : static_cast<std::size_t>(block.first % inputs_.chunk_rows());
    const auto pieces = comm_.all_reduce(
        static_cast<std::int64_t>(block.rows == 0 ? 0 : (lead + block.rows + step - 1) / step),
        comm::Reduction::max);
    for (std::int64_t p = 0; p < pieces; ++p) {
      const std::size_t end = (static_cast<std::size_t>(p) + 1) * step, begin = end - step;
      const std::size_t from = std::min(block.rows, std::max(begin, lead) - lead);
      const std::size_t count = std::min(block.rows, end - lead) - from;
      const auto first = block.first + static_cast<base::GlobalIndex>(from);
      comm::agree(comm_, [&] {
        if (piece.rows() < count) piece = base::Matrix<double>(count, inputs_.columns());
      });
      const auto rows = piece.view().middle_rows(0, count);
      reader.read(first, rows);
      const std::size_t at = block.at + from;
      comm::agree(comm_, [&] {
        narrow_piece(first, rows, rescaling, parts, out.middle_rows(at, count),
                     compare_ ? std::span(hashes_).subspan(at, count) : std::span<RowHashes>());
      });
    }
  }
  std::optional<Bad> bad;
  rounded_ = false;
  largest_ = 0;
  for (const Part& part : parts) {
    rounded_ |= part.rounded;
    largest_ = std::max(largest_, part.largest);
    if (part.bad && (!bad || part.bad->row < bad->row)) bad = part.bad;
    if (&part != &parts.front() && part.survey) parts.front().survey->add(*part.survey);
  }
  comm::agree(comm_, [&] {
    if (bad) inputs_.refuse(bad->value, bad->row, bad->column);
  });
  return std::move(parts.front().survey);
}

/// Each part has consecutive rows of the piece.
void DoubleRows::narrow_piece(base::GlobalIndex first, base::MatrixView<double> rows,
                              const Rescaling& rescaling, std::span<Part> parts, base::MatrixView<float> out,
                              std::span<RowHashes> hashes) const {
  const std::size_t count = rows.rows();
  base::parallel_for(static_cast<std::int64_t>(parts.size()), [&](std::int64_t p) {
    const auto part = static_cast<std::size_t>(p);
    for (std::size_t i = count * part / parts.size(); i < count * (part + 1) / parts.size(); ++i)
      narrow(first + static_cast<base::GlobalIndex>(i), rows.row(i), rescaling, parts[part], out.row(i),
             hashes.empty() ? nullptr : &hashes[i]);
  });
}

void DoubleRows::narrow(base::GlobalIndex index, std::span<double> row, const Rescaling& rescaling,
                        Part& part, std::span<float> out, RowHashes* hashes) const {
  if (part.bad) return;
  if (!all_finite(row)) {
    const auto at = std::ranges::find_if(row, [](double x) { return !std::isfinite(x); });
    part.bad = {*at, index, static_cast<std::size_t>(at - row.begin())};
    return;
  }
  if (hashes != nullptr) hashes->before = hash_of(row);
  subtract_offsets(rescaling, row);
  if (part.survey) part.survey->add(index, row);
  const double scale = scale_of(rescaling);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] *= scale;
  for (std::size_t j = 0; j < row.size(); ++j) out[j] = static_cast<float>(row[j]);
  part.largest = std::max(part.largest, largest_magnitude(out));
  part.rounded = part.rounded || !std::ranges::equal(row, out);
  if (hashes != nullptr) hashes->after = hash_of(std::span<const float>(out));
}

}  // namespace fleetsne::io
