#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <algorithm>
#include <cmath>
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

/// Where in the working order the rows of the input are, each rank knowing those of its block of the input.
class WorkingRows {
 public:
  /// Collective.
  WorkingRows(const comm::Communicator& comm, const data::Permutation& permutation)
      : comm_(comm), permutation_(permutation) {
    std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
    std::vector<GlobalIndex> pairs;
    for (const std::size_t i : by_origin(permutation)) {
      const GlobalIndex origin = permutation.origins[i];
      ++counts[static_cast<std::size_t>(permutation.input.owner(origin))];
      pairs.push_back(origin);
      pairs.push_back(permutation.working.begin(comm.rank()) + static_cast<GlobalIndex>(i));
    }
    const auto arrived = comm.exchange_rows(std::span<const GlobalIndex>(pairs), 2, counts).values;
    rows_.resize(static_cast<std::size_t>(permutation.input.count(comm.rank())));
    for (std::size_t i = 0; i < arrived.size(); i += 2)
      rows_[static_cast<std::size_t>(arrived[i] - permutation.input.begin(comm.rank()))] = arrived[i + 1];
  }

  /// From a row of this rank's block of the input on.
  std::span<const GlobalIndex> from(GlobalIndex row) const {
    return std::span(rows_).subspan(static_cast<std::size_t>(row - permutation_.input.begin(comm_.rank())));
  }

  /// Rows of the input become rows of the working order; what is negative stays. Collective.
  void translate(std::span<GlobalIndex> indices) const {
    std::vector<GlobalIndex> asked(indices.begin(), indices.end());
    std::ranges::sort(asked);
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    asked.erase(asked.begin(), std::ranges::lower_bound(asked, 0));
    const auto answers = data::ask_owners<GlobalIndex>(
        comm_, permutation_.input, asked, 1,
        [&](std::size_t row, std::span<GlobalIndex> place) { place[0] = rows_[row]; });
    for (GlobalIndex& index : indices)
      if (index >= 0)
        index = answers[static_cast<std::size_t>(std::ranges::lower_bound(asked, index) - asked.begin())];
  }

 private:
  const comm::Communicator& comm_;
  const data::Permutation& permutation_;
  std::vector<GlobalIndex> rows_;
};

/// Checksums of both arrays, or shares of them.
struct NeighborDigests {
  std::uint64_t indices = 0, distances = 0;
};

/// Of all ranks' shares. Collective.
inline NeighborDigests sum_of(const comm::Communicator& comm, const NeighborDigests& mine) {
  return {.indices = comm.all_reduce(mine.indices, comm::Reduction::sum),
          .distances = comm.all_reduce(mine.distances, comm::Reduction::sum)};
}

/// Whether an entry of a list stands for none: by its index, or by its distance (scipy's trees call it N
/// then).
inline bool is_missing(GlobalIndex index, float value) {
  return index == -1 || std::isinf(value);
}

}  // namespace fleetsne::io
