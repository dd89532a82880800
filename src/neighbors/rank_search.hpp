#pragma once

#include "fleetsne/base/per_thread.hpp"

#include "beam_search.hpp"
#include "block_graph.hpp"
#include "block_scan.hpp"
#include "duplicates.hpp"
#include "neighbor_lists.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// The points of this rank, in blocks of near ones, with an index over the blocks; and the searches among
/// them: of up to block_rows near queries at once, which are compared with the nearest blocks first, until
/// blocks hardly yield any more.
class RankSearch {
 public:
  /// Builds the index, by one thread. Not collective.
  /// @param aim  recall that a search for the rank's own points is stopped at, about; below 1
  RankSearch(const SearchInput& input, const Points& points, double aim, base::Log& log);
  RankSearch(const RankSearch&) = delete;
  RankSearch& operator=(const RankSearch&) = delete;

  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  /// What a search is for.
  struct Query {
    const float* row;
    std::size_t limit;     ///< rows wanted
    std::uint32_t itself;  ///< the point of this rank that asks: it is not found; none if it is another's
    float bound;           ///< only nearer rows are wanted; infinite for all
  };

  /// Blocks that queries have been compared with already, or that others near them were.
  struct Effort {
    std::size_t expected = 0;   ///< here, about: as for queries near by; spares walks that turn out too short
    std::size_t elsewhere = 0;  ///< on the queries' own rank
  };

  /// For each query what this rank offers, sorted by (distance, input index): local rows, duplicates
  /// expanded. By a thread of the team, each with memory of its own.
  /// @param queries  at most search::block_rows, near each other
  /// @param found    as many lists, overwritten
  /// @param effort   what is known of the work beforehand
  /// @return         blocks that were compared with
  std::size_t find(std::span<const Query> queries, std::span<std::vector<Candidate>> found,
                   const Effort& effort);

  std::int64_t distance_evaluations() const;

 private:
  struct Workspace {
    Workspace(const search::BlockedRows& blocks, const BlockGraph& graph)
        : beam(blocks, graph), scan(blocks), scanned(blocks.blocks(), 0) {}
    BeamSearch beam;
    BlockScan scan;
    std::vector<std::uint32_t> scanned;  // for each block the number of the search that compared with it last
    std::uint32_t search = 0;
  };
  std::size_t scan_nearest(Workspace& work, std::span<const Query> queries, std::uint32_t entry,
                           const Effort& effort);
  void collect(const Query& query, std::span<const std::uint64_t> entries, std::vector<Candidate>& found);

  const SearchInput& input_;
  const Points& points_;
  double aim_;
  std::vector<const float*> rows_;  // for each point its row
  search::BlockedRows blocks_;
  BlockGraph graph_;
  base::PerThread<Workspace> workspaces_{[this] { return std::make_unique<Workspace>(blocks_, graph_); }};
};

}  // namespace fleetsne::neighbors
