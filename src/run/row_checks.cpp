#include "fleetsne/run/row_checks.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/run/metric_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace fleetsne::run {
namespace {

/// Where stacked rows stand: "rows 3, 7 of a.npy and row 0 of b.npy".
std::string places_of(std::span<const io::RowInput> inputs, std::span<const base::GlobalIndex> rows) {
  std::string result;
  base::GlobalIndex begin = 0;
  for (const io::RowInput& input : inputs) {
    std::vector<base::GlobalIndex> there;
    for (const base::GlobalIndex row : rows)
      if (row >= begin && row < begin + input.rows) there.push_back(row - begin);
    begin += input.rows;
    if (there.empty()) continue;
    result += fmt::format("{}row{} {} of {}", result.empty() ? "" : " and ", there.size() == 1 ? "" : "s",
                          fmt::join(there, ", "), input.location.path);
  }
  return result;
}

}  // namespace

void expect_directions(const comm::Communicator& comm, std::span<const std::string> files,
                       io::Orientation orientation, const data::DistributedMatrix<float>& rows,
                       neighbors::Metric metric) {
  const neighbors::UndirectedRows found = neighbors::find_undirected(comm, rows, metric);
  if (found.count == 0) return;
  std::vector<io::RowInput> inputs;
  if (!files.empty()) inputs = io::inspect_all_rows(comm, files, orientation);
  const bool cosine = metric == neighbors::Metric::cosine, one = found.count == 1;
  comm::agree(comm, [&] {
    const auto more = found.count - static_cast<std::int64_t>(found.first.size());
    throw base::InputError(fmt::format(
        "{} of {} rows {} ({}){}. Remove them, or use --neighbors.metric euclidean", found.count,
        rows.rows.total(),
        cosine ? (one ? "is all zero" : "are all zero")
               : (one ? "has the same value in every column" : "have the same value in every column"),
        cosine ? "cosine compares directions, which zeros do not have"
               : "constant values correlate with nothing",
        inputs.empty() ? ""
                       : fmt::format(": {}{}, counted from 0", places_of(inputs, found.first),
                                     more > 0 ? fmt::format(", and {} more", more) : "")));
  });
}

bool warn_if_all_equal(const comm::Communicator& comm, const std::string& name,
                       const data::DistributedMatrix<float>& rows, base::Log& log) {
  std::vector<float> first(rows.columns());
  if (comm.rank() == rows.rows.owner(0)) std::ranges::copy(rows.local.row(0), first.begin());
  comm.broadcast(std::span<float>(first), rows.rows.owner(0));
  bool equal = true;
  for (std::size_t i = 0; equal && i < rows.local.rows(); ++i)
    equal = std::ranges::equal(rows.local.row(i), first);
  if (comm.all_reduce(equal ? 1 : 0, comm::Reduction::min) == 0 || rows.rows.total() < 2) return false;
  log.warn(
      fmt::format("{}: all {} rows are equal (there is nothing to tell them apart by). Check how it was made",
                  name, rows.rows.total()));
  return true;
}

void warn_of_copies(const comm::Communicator& comm, const std::string& name, const data::NeighborGraph& graph,
                    base::Log& log) {
  std::int64_t counts[2] = {0, static_cast<std::int64_t>(graph.squared_distances.rows())};
  for (std::size_t i = 0; i < graph.squared_distances.rows(); ++i)
    counts[0] += graph.squared_distances.row(i).front() == 0 ? 1 : 0;
  comm.all_reduce(std::span<std::int64_t>(counts), comm::Reduction::sum);
  if (2 * counts[0] <= counts[1]) return;
  log.warn(fmt::format(
      "{}: {} of {} rows are copies of others, or too near to them for float32 (copies are drawn as a group "
      "around one place). Remove copies if they are not meant",
      name, counts[0], counts[1]));
}

}  // namespace fleetsne::run
