#pragma once

#include "fleetsne/base/log.hpp"

#include "neighbor_lists.hpp"
#include "rank_search.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Searches for every point of this rank on this rank, in pieces that do not depend on each other.
class OwnSearch {
 public:
  /// All must outlive this.
  OwnSearch(const SearchInput& input, const Points& points, RankSearch& own, NeighborLists& lists,
            base::Log& log);

  /// By all threads, in any order: the lists are the same. Not collective.
  /// @param leave  asked by the first thread now and then: whether to return before the end
  /// @return       whether it is done; if not, the next call goes on
  bool run(const std::function<bool()>& leave);

  /// For each block of points the blocks that it was compared with.
  std::span<const std::uint32_t> compared() const { return compared_; }

  /// What it knows besides the lists.
  void add_parts(Parts& parts);

 private:
  void search(std::size_t piece);

  const SearchInput& input_;
  const Points& points_;
  RankSearch& own_;
  NeighborLists& lists_;
  base::Log& log_;
  std::vector<std::uint32_t> compared_;
  std::vector<char> done_;  // for each piece whether its lists are there
};

}  // namespace fleetsne::neighbors
