#pragma once

#include "fleetsne/base/ids.hpp"

#include <span>
#include <vector>

namespace fleetsne::data {

using base::GlobalIndex;
using base::LocalIndex;
using base::Rank;

/// Which rank owns which rows: contiguous blocks of global indices in rank order. The one place where
/// ownership arithmetic stands.
class RowDistribution {
 public:
  RowDistribution() : offsets_{0} {}
  /// `rows` rows over `ranks` ranks, block sizes differing by at most one.
  static RowDistribution balanced(GlobalIndex rows, int ranks);
  /// Blocks of the given sizes.
  static RowDistribution of_counts(std::span<const GlobalIndex> counts);

  int ranks() const { return static_cast<int>(offsets_.size()) - 1; }
  GlobalIndex total() const { return offsets_.back(); }
  GlobalIndex begin(Rank rank) const { return offsets_[static_cast<std::size_t>(rank)]; }
  GlobalIndex end(Rank rank) const { return offsets_[static_cast<std::size_t>(rank) + 1]; }
  GlobalIndex count(Rank rank) const { return end(rank) - begin(rank); }
  /// The rank that owns a row. O(log ranks).
  Rank owner(GlobalIndex row) const;

  friend bool operator==(const RowDistribution&, const RowDistribution&) = default;

 private:
  std::vector<GlobalIndex> offsets_;  // ranks + 1, ascending
};

}  // namespace fleetsne::data
