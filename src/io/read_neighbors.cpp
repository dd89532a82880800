#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ask_owners.hpp"
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
  Round(NeighborSource& source, const std::string& name, GlobalIndex rows)
      : source_(source), name_(name), all_(rows), k_(source.header().count) {}

  void read(GlobalIndex first, GlobalIndex count) {
    indices.resize(static_cast<std::size_t>(count) * k_);
    distances.resize(indices.size());
    source_.read(first, count, indices, distances);
    for (GlobalIndex i = 0; i < count; ++i) order(first + i, static_cast<std::size_t>(i) * k_);
  }
  /// Whether a row listed itself so far.
  bool listed_itself() const { return listed_itself_; }

  std::vector<GlobalIndex> indices;  // count x k; what a row lists of itself stands last, as -1
  std::vector<float> distances;

 private:
  void order(GlobalIndex row, std::size_t at) {
    list_.clear();
    bool itself = false;
    for (std::size_t j = at; j < at + k_; ++j) {
      if (indices[j] < 0 || indices[j] >= all_)
        throw base::InputError(
            fmt::format("{}: row {} has the neighbour {} (rows are 0 to {}). Check how it was made", name_,
                        row, indices[j], all_ - 1));
      if (!(distances[j] >= 0) || !std::isfinite(distances[j]))
        throw base::InputError(fmt::format(
            "{}: a neighbour of row {} is {} away (a distance is finite and not negative). Check how it "
            "was made",
            name_, row, distances[j]));
      if (indices[j] == row) {
        itself = true;
      } else {
        list_.emplace_back(distances[j], indices[j]);
      }
    }
    std::ranges::sort(list_);
    known_.clear();
    for (const auto& [distance, index] : list_) known_.push_back(index);
    std::ranges::sort(known_);
    if (std::ranges::adjacent_find(known_) != known_.end() || list_.size() + (itself ? 1 : 0) != k_)
      throw base::InputError(fmt::format(
          "{}: row {} has a neighbour twice (each counts once). Check how it was made", name_, row));
    for (std::size_t j = 0; j < k_; ++j) {
      indices[at + j] = j < list_.size() ? list_[j].second : -1;
      distances[at + j] = j < list_.size() ? list_[j].first : 0;
    }
    listed_itself_ = listed_itself_ || itself;
  }

  NeighborSource& source_;
  const std::string& name_;
  GlobalIndex all_;
  std::size_t k_;
  bool listed_itself_ = false;
  std::vector<std::pair<float, GlobalIndex>> list_;
  std::vector<GlobalIndex> known_;
};

/// Reads neighbours round by round and hands every row to `take` on the rank that has it.
class Loader {
 public:
  Loader(const comm::Communicator& comm, const NeighborFiles& files, const data::Permutation& permutation)
      : comm_(comm), files_(files), permutation_(permutation) {
    // Where in the working order every row of this rank's block of the input is.
    std::vector<std::size_t> order = by_origin(permutation), counts(static_cast<std::size_t>(comm.size()), 0);
    std::vector<GlobalIndex> pairs;
    for (const std::size_t i : order) {
      const GlobalIndex origin = permutation.origins[i];
      ++counts[static_cast<std::size_t>(permutation.input.owner(origin))];
      pairs.push_back(origin);
      pairs.push_back(permutation.working.begin(comm.rank()) + static_cast<GlobalIndex>(i));
    }
    const auto arrived = comm.exchange_rows(std::span<const GlobalIndex>(pairs), 2, counts).values;
    working_.resize(static_cast<std::size_t>(permutation.input.count(comm.rank())));
    for (std::size_t i = 0; i < arrived.size(); i += 2)
      working_[static_cast<std::size_t>(arrived[i] - permutation.input.begin(comm.rank()))] = arrived[i + 1];
  }

  /// @param most  neighbours that are kept of a row
  /// @param take  take(local working row, indices in the working order, distances)
  /// @return whether any row of any rank lists itself
  template <class Take>
  bool read(std::size_t most, Take&& take) {
    auto source = comm::agree(comm_, [&] { return std::make_unique<NeighborSource>(files_); });
    const std::size_t k = source->header().count;
    Round round(*source, files_.indices, permutation_.input.total());
    const std::int64_t step = rows_per_round(k);
    const auto& input = permutation_.input;
    for (std::int64_t r = 0; r < rounds_of(input, step); ++r) {
      const GlobalIndex from = std::min(input.end(comm_.rank()), input.begin(comm_.rank()) + r * step);
      const GlobalIndex count = std::min(step, input.end(comm_.rank()) - from);
      comm::agree(comm_, [&] { round.read(from, count); });
      translate(round.indices);
      deliver(round, from, static_cast<std::size_t>(count), k, most, take);
    }
    return comm_.all_reduce(round.listed_itself() ? 1 : 0, comm::Reduction::max) > 0;
  }

 private:
  /// Rows of the input become rows of the working order. Collective.
  void translate(std::vector<GlobalIndex>& indices) const {
    std::vector<GlobalIndex> asked(indices.begin(), indices.end());
    std::ranges::sort(asked);
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    if (!asked.empty() && asked.front() < 0) asked.erase(asked.begin());
    const auto answers = data::ask_owners<GlobalIndex>(
        comm_, permutation_.input, asked, 1,
        [&](std::size_t row, std::span<GlobalIndex> place) { place[0] = working_[row]; });
    for (GlobalIndex& index : indices)
      if (index >= 0)
        index = answers[static_cast<std::size_t>(std::ranges::lower_bound(asked, index) - asked.begin())];
  }

  template <class Take>
  void deliver(const Round& round, GlobalIndex from, std::size_t count, std::size_t k, std::size_t most,
               Take&& take) {
    const auto& working = permutation_.working;
    const GlobalIndex* places = working_.data() + (from - permutation_.input.begin(comm_.rank()));
    std::vector<std::size_t> order(count), counts(static_cast<std::size_t>(comm_.size()), 0);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return places[i]; });
    std::vector<GlobalIndex> rows, indices;
    std::vector<float> distances;
    for (const std::size_t i : order) {
      ++counts[static_cast<std::size_t>(working.owner(places[i]))];
      rows.push_back(places[i]);
      const auto first = static_cast<std::ptrdiff_t>(i * k), last = first + static_cast<std::ptrdiff_t>(most);
      indices.insert(indices.end(), round.indices.begin() + first, round.indices.begin() + last);
      distances.insert(distances.end(), round.distances.begin() + first, round.distances.begin() + last);
    }
    const auto there = comm_.exchange(std::span<const GlobalIndex>(rows), counts).values;
    const auto found = comm_.exchange_rows(std::span<const GlobalIndex>(indices), most, counts).values;
    const auto far = comm_.exchange_rows(std::span<const float>(distances), most, counts).values;
    for (std::size_t i = 0; i < there.size(); ++i)
      take(static_cast<std::size_t>(there[i] - working.begin(comm_.rank())),
           std::span(found).subspan(i * most, most), std::span(far).subspan(i * most, most));
  }

  const comm::Communicator& comm_;
  const NeighborFiles& files_;
  const data::Permutation& permutation_;
  std::vector<GlobalIndex> working_;  // for each row of this rank's block of the input
};

}  // namespace

NeighborHeader inspect_neighbors(const comm::Communicator& comm, const NeighborFiles& files) {
  NeighborHeader header;
  comm::on_root(comm, [&] { header = NeighborSource(files).header(); });
  header = comm.broadcast(header, 0);
  for (const std::string& file : {files.indices, files.distances})
    if (!file.empty()) expect_readable_everywhere(comm, file);
  return header;
}

data::NeighborGraph read_neighbors(const comm::Communicator& comm, const NeighborFiles& files,
                                   const data::Permutation& permutation, std::size_t most, base::Log& log) {
  const std::size_t stored = inspect_neighbors(comm, files).count;
  const auto local = static_cast<std::size_t>(permutation.working.count(comm.rank()));
  log.begin_phase("read neighbours", 2);
  Loader loader(comm, files, permutation);
  // Once to learn whom rows refer to, and once for good: whole lists of 8-byte indices would be the largest
  // thing there is.
  std::vector<GlobalIndex> referenced;
  const bool itself =
      loader.read(stored, [&](std::size_t, std::span<const GlobalIndex> list, std::span<const float>) {
        for (const GlobalIndex row : list)
          if (row >= 0 && permutation.working.owner(row) != comm.rank()) referenced.push_back(row);
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
  const std::size_t k = std::min(most, stored - (itself ? 1 : 0));
  comm::agree(comm, [&] {
    if (k < 1)
      throw base::InputError(
          files.indices +
          " lists nothing but the rows themselves (they need others to be near to). Search more "
          "neighbours");
    graph.columns = base::Matrix<LocalIndex>(local, k);
    graph.squared_distances = base::Matrix<float>(local, k);
  });
  loader.read(k, [&](std::size_t row, std::span<const GlobalIndex> list, std::span<const float> distances) {
    for (std::size_t j = 0; j < k; ++j) {
      graph.columns(row, j) = graph.ghosts.column(list[j]);
      graph.squared_distances(row, j) = distances[j] * distances[j];
    }
  });
  log.end_phase();
  return graph;
}

}  // namespace fleetsne::io
