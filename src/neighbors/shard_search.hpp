#pragma once

#include "beam_search.hpp"
#include "duplicates.hpp"
#include "neighbor_lists.hpp"
#include "shard_graph.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// The indexes of this rank's shards and the searches in them.
class ShardSearch {
 public:
  /// Builds one index per shard, each by one thread. Not collective.
  ShardSearch(const SearchInput& input, const Points& points, base::Log& log);

  /// What a search is for.
  struct Query {
    const float* row;
    std::uint32_t entry;   ///< point of the shard to begin at
    bool entry_is_itself;  ///< then it is not found
    std::size_t limit;     ///< rows wanted
    float bound;           ///< only nearer rows are wanted; infinite for all
  };

  /// Appends what the shard offers, sorted by (distance, input index): local rows, duplicates expanded. By a
  /// thread of the team, each with memory of its own.
  void find(std::size_t shard, const Query& query, std::vector<Candidate>& found);

  std::size_t points_of(std::size_t shard) const { return shard_rows(shard).size(); }
  std::int64_t distance_evaluations() const;

 private:
  std::span<const float* const> shard_rows(std::size_t shard) const {
    const auto first = static_cast<std::size_t>(points_.shard_offsets[shard]);
    return std::span(rows_).subspan(first,
                                    static_cast<std::size_t>(points_.shard_offsets[shard + 1]) - first);
  }

  const SearchInput& input_;
  const Points& points_;
  std::vector<const float*> rows_;  // for each point its row
  std::vector<ShardGraph> graphs_;
  std::vector<std::unique_ptr<BeamSearch>> of_thread_;
};

}  // namespace fleetsne::neighbors
