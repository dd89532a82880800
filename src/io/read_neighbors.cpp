#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/neighbor_file.hpp"

#include "neighbor_rounds.hpp"
#include "neighbor_source.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace fleetsne::io {
namespace {

/// A round of rows of the input, checked: without themselves, nearest first.
class Round {
 public:
  Round(NeighborSource& source, const std::string& name, const NeighborReading& reading)
      : source_(source), name_(name), reading_(reading), k_(source.header().count) {}

  void read(GlobalIndex first, GlobalIndex count) {
    indices.resize(static_cast<std::size_t>(count) * k_);
    values.resize(indices.size());
    source_.read(first, count, indices, values);
    for (GlobalIndex i = 0; i < count; ++i) order(first + i, static_cast<std::size_t>(i) * k_);
  }

  std::vector<GlobalIndex> indices;  // count x k, rows of the input; -1 at the end where there are fewer
  std::vector<float> values;

 private:
  void order(GlobalIndex row, std::size_t at) {
    list_.clear();
    known_.clear();
    for (std::size_t j = at; j < at + k_; ++j) {
      if (is_missing(indices[j], values[j])) continue;
      const GlobalIndex index = indices[j] - reading_.first_index;
      if (index < 0 || index >= source_.header().rows)
        throw base::InputError(fmt::format(
            "{}: row {} has the neighbor {} (rows are {} to {}). Check how it was made", name_, row,
            indices[j], reading_.first_index, reading_.first_index + source_.header().rows - 1));
      known_.push_back(index);
      if (index != row) list_.emplace_back(reading_.larger_is_nearer ? -values[j] : values[j], index);
    }
    std::ranges::sort(known_);
    if (std::ranges::adjacent_find(known_) != known_.end())
      throw base::InputError(fmt::format(
          "{}: row {} has a neighbor twice (each counts once). Check how it was made", name_, row));
    std::ranges::sort(list_);
    for (std::size_t j = 0; j < k_; ++j) {
      const bool there = j < list_.size();
      indices[at + j] = there ? list_[j].second : -1;
      values[at + j] = !there ? 0 : reading_.larger_is_nearer ? -list_[j].first : list_[j].first;
    }
  }

  NeighborSource& source_;
  const std::string& name_;
  const NeighborReading& reading_;
  std::size_t k_;
  std::vector<std::pair<float, GlobalIndex>> list_;
  std::vector<GlobalIndex> known_;
};

/// Reads neighbors round by round and hands every row to `take` on the rank that has it.
class Loader {
 public:
  Loader(const comm::Communicator& comm, const NeighborFiles& files, const data::Permutation& permutation,
         const NeighborReading& reading)
      : comm_(comm), files_(files), permutation_(permutation), reading_(reading), rows_(comm, permutation) {}

  /// @param count  neighbors of a row that are passed on; no row has fewer
  /// @param take   take(local working row, indices in the working order, values); may throw
  template <class Take>
  void read(std::size_t count, Take&& take) {
    const auto source = comm::agree(comm_, [&] { return NeighborSource::open(files_); });
    Round round(*source, files_.indices, reading_);
    const std::int64_t step = rows_per_round(source->header().count);
    const auto& input = permutation_.input;
    for (std::int64_t r = 0; r < rounds_of(input, step); ++r) {
      const GlobalIndex from = std::min(input.end(comm_.rank()), input.begin(comm_.rank()) + r * step);
      const GlobalIndex rows = std::min(step, input.end(comm_.rank()) - from);
      comm::agree(comm_, [&] { round.read(from, rows); });
      rows_.translate(round.indices);
      deliver(round, rows_.from(from).first(static_cast<std::size_t>(rows)), source->header().count, count,
              take);
    }
  }

 private:
  template <class Take>
  void deliver(const Round& round, std::span<const GlobalIndex> places, std::size_t k, std::size_t most,
               Take&& take) {
    const auto& working = permutation_.working;
    std::vector<std::size_t> order(places.size()), counts(static_cast<std::size_t>(comm_.size()), 0);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return places[i]; });
    std::vector<GlobalIndex> rows, indices;
    std::vector<float> values;
    for (const std::size_t i : order) {
      ++counts[static_cast<std::size_t>(working.owner(places[i]))];
      rows.push_back(places[i]);
      const auto first = static_cast<std::ptrdiff_t>(i * k), last = first + static_cast<std::ptrdiff_t>(most);
      indices.insert(indices.end(), round.indices.begin() + first, round.indices.begin() + last);
      values.insert(values.end(), round.values.begin() + first, round.values.begin() + last);
    }
    const auto there = comm_.exchange(std::span<const GlobalIndex>(rows), counts).values;
    const auto found = comm_.exchange_rows(std::span<const GlobalIndex>(indices), most, counts).values;
    const auto read = comm_.exchange_rows(std::span<const float>(values), most, counts).values;
    comm::agree(comm_, [&] {
      for (std::size_t i = 0; i < there.size(); ++i)
        take(static_cast<std::size_t>(there[i] - working.begin(comm_.rank())),
             std::span(found).subspan(i * most, most), std::span(read).subspan(i * most, most));
    });
  }

  const comm::Communicator& comm_;
  const NeighborFiles& files_;
  const data::Permutation& permutation_;
  const NeighborReading& reading_;
  WorkingRows rows_;
};

}  // namespace

NeighborHeader inspect_neighbors(const comm::Communicator& comm, const NeighborFiles& files) {
  NeighborHeader header;
  comm::on_root(comm, [&] { header = NeighborSource::open(files)->header(); });
  header = comm.broadcast(header, 0);
  for (const std::string& file : {split_input(files.indices).path, files.distances})
    if (!file.empty()) expect_readable_everywhere(comm, file);
  return header;
}

nlohmann::json about_neighbors(const comm::Communicator& comm, const NeighborFiles& files) {
  std::string text;
  comm::on_root(comm, [&] {
    text =
        NeighborSource::open(files)->about().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  });
  return nlohmann::json::parse(comm.broadcast(text, 0));
}

data::NeighborGraph read_neighbors(const comm::Communicator& comm, const NeighborFiles& files,
                                   const data::Permutation& permutation, const NeighborReading& reading,
                                   std::size_t count, base::Log& log) {
  const auto local = static_cast<std::size_t>(permutation.working.count(comm.rank()));
  log.begin_phase("read neighbors", 2);
  Loader loader(comm, files, permutation, reading);
  // Once to learn which rows are referred to, and once to keep the lists: whole lists of 8-byte indices would
  // be larger than all else.
  std::vector<GlobalIndex> referenced;
  loader.read(count, [&](std::size_t, std::span<const GlobalIndex> list, std::span<const float>) {
    for (const GlobalIndex row : list)
      if (permutation.working.owner(row) != comm.rank()) referenced.push_back(row);
    // Before it grows again: what is listed once more takes no more room.
    if (referenced.size() > (std::size_t{1} << 24) && referenced.size() == referenced.capacity()) {
      std::ranges::sort(referenced);
      referenced.erase(std::unique(referenced.begin(), referenced.end()), referenced.end());
    }
  });
  log.advance(1);
  data::NeighborGraph graph;
  graph.rows = permutation.working;
  graph.ghosts = data::Ghosts(graph.rows, comm.rank(), std::move(referenced));
  comm::agree(comm, [&] {
    graph.columns = base::Matrix<LocalIndex>(local, count);
    graph.squared_distances = base::Matrix<float>(local, count);
  });
  loader.read(count, [&](std::size_t row, std::span<const GlobalIndex> list, std::span<const float> values) {
    for (std::size_t j = 0; j < count; ++j) {
      graph.columns(row, j) = graph.ghosts.column(list[j]);
      graph.squared_distances(row, j) = reading.squared(row, values[j]);
      if (std::isnan(graph.squared_distances(row, j)))
        throw base::InputError(fmt::format(
            "{}: row {} has a neighbor with the value {} (no distance has it). Check how it was made",
            files.indices, permutation.origins[row], values[j]));
    }
  });
  log.end_phase();
  return graph;
}

}  // namespace fleetsne::io
