#include "neighbor_lists.hpp"

#include <algorithm>

namespace fleetsne::neighbors {

NeighborLists::NeighborLists(const data::RowDistribution& rows, base::Rank rank,
                             std::span<const base::GlobalIndex> origins, std::size_t k)
    : distribution_(rows),
      rank_(rank),
      origins_(origins),
      columns_(origins.size(), k),
      distances_(origins.size(), k),
      counts_(origins.size(), 0) {}

base::GlobalIndex NeighborLists::origin(base::LocalIndex column) const {
  const auto c = static_cast<std::size_t>(column);
  return c < origins_.size() ? origins_[c] : foreign_origins_[c - origins_.size()];
}

Candidate NeighborLists::at(std::size_t row, std::size_t i) const {
  return {distances_(row, i), columns_(row, i), origin(columns_(row, i))};
}

base::LocalIndex NeighborLists::column(base::GlobalIndex row, base::GlobalIndex origin) {
  const auto local = static_cast<base::LocalIndex>(origins_.size());
  if (row >= distribution_.begin(rank_) && row < distribution_.end(rank_)) {
    return static_cast<base::LocalIndex>(row - distribution_.begin(rank_));
  }
  const auto [at, is_new] = numbers_.try_emplace(row, static_cast<base::LocalIndex>(foreign_.size()));
  if (is_new) {
    foreign_.push_back(row);
    foreign_origins_.push_back(origin);
  }
  return local + at->second;
}

std::size_t NeighborLists::merge(std::size_t row, std::span<const Candidate> candidates, std::size_t limit) {
  FLEETSNE_EXPECT(limit <= capacity());
  // From the back, in place: first how many of each side stay, then the merge itself.
  std::size_t old = 0, fresh = 0;
  while (old + fresh < limit && (old < counts_[row] || fresh < candidates.size())) {
    if (fresh == candidates.size() || (old < counts_[row] && !(candidates[fresh] < at(row, old)))) {
      ++old;
    } else {
      ++fresh;
    }
  }
  const std::size_t stayed = fresh;
  counts_[row] = static_cast<std::uint32_t>(old + fresh);
  for (std::size_t to = old + fresh; fresh > 0;) {
    --to;
    if (old > 0 && candidates[fresh - 1] < at(row, old - 1)) {
      --old;
      distances_(row, to) = distances_(row, old);
      columns_(row, to) = columns_(row, old);
    } else {
      --fresh;
      distances_(row, to) = candidates[fresh].squared_distance;
      columns_(row, to) = candidates[fresh].column;
    }
  }
  return stayed;
}

void NeighborLists::assign(std::size_t row, std::span<const Candidate> candidates) {
  FLEETSNE_EXPECT(candidates.size() <= capacity());
  counts_[row] = static_cast<std::uint32_t>(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    distances_(row, i) = candidates[i].squared_distance;
    columns_(row, i) = candidates[i].column;
  }
}

void NeighborLists::add_parts(Parts& parts) {
  parts.push_back(part_of("counts", counts_));
  parts.push_back(part_of("columns", columns_.elements()));
  parts.push_back(part_of("distances", distances_.elements()));
  parts.push_back(part_of("foreign", foreign_));
  parts.push_back(part_of("foreign_origins", foreign_origins_));
}

void NeighborLists::resize_foreign(std::size_t count) {
  foreign_.resize(count);
  foreign_origins_.resize(count);
}

void NeighborLists::number_foreign() {
  numbers_.clear();
  for (std::size_t f = 0; f < foreign_.size(); ++f)
    numbers_.emplace(foreign_[f], static_cast<base::LocalIndex>(f));
}

data::NeighborGraph NeighborLists::finish() && {
  FLEETSNE_EXPECT(std::ranges::all_of(counts_, [&](std::uint32_t c) { return c == capacity(); }));
  data::NeighborGraph graph;
  graph.rows = distribution_;
  const auto local = static_cast<base::LocalIndex>(origins_.size());
  // Only rows that stayed in a list are ghosts.
  std::vector<char> used(foreign_.size(), 0);
  for (const base::LocalIndex column : columns_.elements()) {
    if (column >= local) used[static_cast<std::size_t>(column - local)] = 1;
  }
  std::vector<base::GlobalIndex> referenced;
  for (std::size_t f = 0; f < foreign_.size(); ++f) {
    if (used[f] != 0) referenced.push_back(foreign_[f]);
  }
  graph.ghosts = data::Ghosts(distribution_, rank_, std::move(referenced));
  std::vector<base::LocalIndex> number(foreign_.size(), 0);
  for (std::size_t f = 0; f < foreign_.size(); ++f) {
    if (used[f] != 0) number[f] = graph.ghosts.column(foreign_[f]);
  }
  for (base::LocalIndex& column : columns_.elements()) {
    if (column >= local) column = number[static_cast<std::size_t>(column - local)];
  }
  graph.columns = std::move(columns_);
  graph.squared_distances = std::move(distances_);
  return graph;
}

}  // namespace fleetsne::neighbors
