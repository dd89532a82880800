#pragma once

#include "backend.hpp"
#include "neighbor_lists.hpp"

#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Rows of this rank grouped by equality. Points below means groups' representatives: of
/// each group the first row in working order. Points stand in working order.
struct Points {
  std::vector<base::LocalIndex> rows;            ///< for each point its row
  std::vector<base::LocalIndex> member_offsets;  ///< points + 1
  std::vector<base::LocalIndex> members;         ///< rows of each point's group, by input index
  std::vector<base::LocalIndex> of_row;          ///< for each row its point

  std::size_t count() const { return rows.size(); }
  std::span<const base::LocalIndex> group(std::size_t point) const {
    const auto first = static_cast<std::size_t>(member_offsets[point]);
    return std::span(members).subspan(first, static_cast<std::size_t>(member_offsets[point + 1]) - first);
  }
  /// How many other points a list needs so that with the group it makes k neighbours for each of its members.
  std::size_t wanted(std::size_t point, std::size_t k) const {
    const std::size_t others_equal = group(point).size() - 1;
    return k > others_equal ? k - others_equal : 0;
  }
};

/// Groups equal rows: by hash, then bit for bit.
Points collapse_duplicates(const SearchInput& input);

/// Appends to `found` the rows of some points, sorted by (distance, input index), each with the whole group
/// that it stands for; the first `limit` stay.
/// @param nearest  sorted; columns are points
void offer_groups(const SearchInput& input, const Points& points, std::span<const Candidate> nearest,
                  std::size_t limit, std::vector<Candidate>& found);
/// Gives every member of a group the list of its representative and the other members.
void expand_duplicates(const SearchInput& input, const Points& points, NeighborLists& lists);

}  // namespace fleetsne::neighbors
