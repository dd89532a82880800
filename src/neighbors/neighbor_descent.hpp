#pragma once

#include "fleetsne/base/per_thread.hpp"

#include "duplicates.hpp"
#include "neighbor_lists.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Completes neighbour lists of which a share is missing by looking among the neighbours of neighbours: where
/// lists are short and points many, that costs far less than to compare with so many more blocks. A
/// neighbour of a point is a row in its list, or one that has the point near the front of its own.
///                                                                                   [Dong, Charikar & Li
///                                                                                   2011]
class NeighborDescent {
 public:
  /// Whether lists of k are short enough, and have enough different points in them to lead from one to
  /// another; others are found by comparison with blocks alone.
  /// @param distinct  share of the rows that is no copy of another
  static bool pays(std::size_t k, double distinct = 1);
  /// The recall at which comparison with blocks may leave the rest to this, to reach `aim`.
  static double start(double aim);

  /// All must outlive this.
  /// @param lists  of rows of this rank alone until complete(log) has run
  /// @param batch  points that are looked for in the same lists, before all of theirs grow
  NeighborDescent(const SearchInput& input, const Points& points, NeighborLists& lists,
                  std::size_t batch = 16384);
  NeighborDescent(const NeighborDescent&) = delete;
  NeighborDescent& operator=(const NeighborDescent&) = delete;

  /// Completes the lists of this rank's points, in passes over all until one adds hardly anything.
  /// Deterministic at any number of threads. Not collective.
  /// @param leave  asked by the first thread now and then: whether to return before the end
  /// @return       whether it is done; if not, the next call goes on
  bool complete(
      base::Log& log, const std::function<bool()>& leave = [] { return false; });
  /// Completes what was found on this rank for another's point, by one thread of the team.
  /// @param row    padded columns
  /// @param bound  only nearer rows are wanted
  /// @param limit  as many rows are wanted
  /// @param found  sorted; columns are rows of this rank
  void complete(const float* row, float bound, std::size_t limit, std::vector<Candidate>& found);

  std::int64_t distance_evaluations() const;

  /// How far complete(log) has come.
  struct Progress {
    std::int64_t passes = 0;       ///< ended
    std::int64_t next = 0;         ///< point of the pass that is under way
    std::int64_t added = 0;        ///< rows that came into lists in it
    std::int64_t has_holders = 0;  ///< whether the part below is there
  };
  const Progress& progress() const { return progress_; }
  /// What it knows besides the lists: who has a row in its list, as of the pass's beginning. It is made room
  /// for by resume().
  void add_parts(Parts& parts);
  void resume(const Progress& progress);

 private:
  /// Rows that were seen, by open addressing.
  class Seen {
   public:
    void start(std::size_t most);
    bool add(base::LocalIndex row);

   private:
    std::vector<base::LocalIndex> slots_;
    std::size_t mask_ = 0;
  };
  /// For one point after the other. Rows are representatives.
  struct Workspace {
    void start(std::size_t known);
    void know(base::LocalIndex representative);

    Seen seen;
    std::vector<base::LocalIndex> seeds;  // whose neighbours are looked at
    std::vector<base::LocalIndex> fresh;  // not seen before
    std::vector<Candidate> nearest, offered, merged;
    std::int64_t evaluations = 0;
  };

  void collect_reverse();
  std::span<const base::LocalIndex> reverse(base::LocalIndex row) const;
  bool is_local(base::LocalIndex column) const;
  base::LocalIndex representative(base::LocalIndex row) const;
  void look_round(Workspace& work, const float* row, float bound, std::size_t limit,
                  std::vector<Candidate>& found);
  bool pass(base::Log& log, const std::function<bool()>& leave);

  const SearchInput& input_;
  const Points& points_;
  NeighborLists& lists_;
  std::size_t batch_;
  std::vector<base::LocalIndex> reverse_;     // rows x most_reverse: rows that have the row in their lists
  std::vector<std::uint8_t> reverse_counts_;  // for each row how many
  Progress progress_;
  base::PerThread<Workspace> workspaces_{[] { return std::make_unique<Workspace>(); }};
};

}  // namespace fleetsne::neighbors
