#include "fleetsne/data/row_distribution.hpp"

#include "fleetsne/base/contracts.hpp"

#include <algorithm>

namespace fleetsne::data {

RowDistribution RowDistribution::balanced(GlobalIndex rows, int ranks) {
  FLEETSNE_EXPECT(rows >= 0 && ranks >= 1);
  RowDistribution result;
  const GlobalIndex each = rows / ranks, extra = rows % ranks;
  for (Rank r = 0; r < ranks; ++r)
    result.offsets_.push_back(result.offsets_.back() + each + (r < extra ? 1 : 0));
  return result;
}

RowDistribution RowDistribution::of_counts(std::span<const GlobalIndex> counts) {
  RowDistribution result;
  for (const GlobalIndex n : counts) result.offsets_.push_back(result.offsets_.back() + n);
  return result;
}

Rank RowDistribution::owner(GlobalIndex row) const {
  FLEETSNE_EXPECT(row >= 0 && row < total());
  const auto after = std::upper_bound(offsets_.begin(), offsets_.end(), row);
  return static_cast<Rank>(after - offsets_.begin()) - 1;
}

}  // namespace fleetsne::data
