#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

/// Lists of neighbours travel between the ranks that have the rows and those whose block of the input they
/// are in, in rounds.
namespace fleetsne::io {

using base::GlobalIndex;
using base::LocalIndex;

/// Rows of the input that a rank has at hand in a round.
inline std::int64_t rows_per_round(std::size_t count) {
  return static_cast<std::int64_t>(rows_per_transfer(count * (sizeof(GlobalIndex) + sizeof(float))));
}

/// The rounds that all ranks take, so that each gets through its block of the input.
inline std::int64_t rounds_of(const data::RowDistribution& input, std::int64_t step) {
  std::int64_t most = 0;
  for (int r = 0; r < input.ranks(); ++r) most = std::max(most, (input.count(r) + step - 1) / step);
  return most;
}

/// Local rows by ascending input index, so that those of a round stand together.
inline std::vector<std::size_t> by_origin(const data::Permutation& permutation) {
  std::vector<std::size_t> order(permutation.origins.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return permutation.origins[i]; });
  return order;
}

}  // namespace fleetsne::io
