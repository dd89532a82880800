#pragma once

#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/partition/partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace fleetsne::test {

/// Neighbours of this rank's rows after the partition, by input index, as a user thinks of them.
struct FoundLists {
  std::vector<base::GlobalIndex> rows;                    ///< input index of each local row
  std::vector<std::vector<base::GlobalIndex>> neighbors;  ///< for each local row, nearest first
  std::vector<std::vector<float>> squared_distances;
  neighbors::NeighborsStats stats;
};

/// Partition and search, as a run does. Collective.
inline FoundLists find(const comm::Communicator& comm, data::DistributedMatrix<float> input,
                       neighbors::NeighborsConfig config) {
  base::Log log;
  input = neighbors::adapt_rows(comm, std::move(input), config.metric);
  const auto [rows, permutation] = partition::partition_rows(comm, std::move(input), {}, log);
  const auto found = neighbors::find_neighbors(comm, rows, permutation, config, log);
  const auto origins = comm.all_gather(std::span<const base::GlobalIndex>(permutation.origins)).values;
  FoundLists result{permutation.origins, {}, {}, found.stats};
  for (std::size_t i = 0; i < permutation.origins.size(); ++i) {
    auto& list = result.neighbors.emplace_back();
    for (const base::LocalIndex column : found.graph.columns.row(i))
      list.push_back(origins[static_cast<std::size_t>(found.graph.ghosts.row(column))]);
    const auto distances = found.graph.squared_distances.row(i);
    result.squared_distances.emplace_back(distances.begin(), distances.end());
  }
  return result;
}

/// Every list has k different rows, not the point itself, in the order promised.
inline void expect_well_formed(const FoundLists& found, std::size_t k) {
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const auto& list = found.neighbors[i];
    ASSERT_EQ(list.size(), k);
    ASSERT_EQ(std::set(list.begin(), list.end()).size(), k) << "row " << found.rows[i] << " has one twice";
    ASSERT_EQ(std::ranges::count(list, found.rows[i]), 0)
        << "row " << found.rows[i] << " is its own neighbour";
    for (std::size_t j = 1; j < k; ++j) {
      ASSERT_LE(std::pair(found.squared_distances[i][j - 1], list[j - 1]),
                std::pair(found.squared_distances[i][j], list[j]));
    }
  }
}

/// Share, over all ranks, of the exact lists' distances that the found lists reach. Collective.
inline double recall(const comm::Communicator& comm, const FoundLists& found, const FoundLists& exact) {
  EXPECT_EQ(found.rows, exact.rows);
  std::int64_t sums[2] = {0, 0};
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const float farthest = exact.squared_distances[i].back();
    sums[0] += std::ranges::count_if(found.squared_distances[i],
                                     [&](float distance) { return distance <= farthest; });
    sums[1] += static_cast<std::int64_t>(exact.squared_distances[i].size());
  }
  comm.all_reduce(std::span<std::int64_t>(sums), comm::Reduction::sum);
  return static_cast<double>(sums[0]) / static_cast<double>(sums[1]);
}

}  // namespace fleetsne::test
