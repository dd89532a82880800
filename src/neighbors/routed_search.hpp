#pragma once

#include "fleetsne/base/per_thread.hpp"

#include "neighbor_descent.hpp"
#include "neighbor_lists.hpp"
#include "rank_search.hpp"
#include "router.hpp"

#include <atomic>
#include <functional>
#include <vector>

namespace fleetsne::neighbors {

/// Completes lists that hold what a point's own rank has by other ranks, but only by those that the router
/// says can hold some of its neighbours.
class RoutedSearch {
 public:
  /// @param descent   completes what a search finds; none where it does not pay
  /// @param compared  for each block of points the blocks of this rank that it was compared with
  RoutedSearch(const SearchInput& input, const Points& points, const Router& router, RankSearch& own,
               NeighborDescent* descent, std::span<const std::uint32_t> compared, NeighborLists& lists,
               base::Log& log);

  /// Learns from a sample, with exact neighbours, which expectations are too small to follow. Collective.
  void calibrate();
  /// Sends points to other ranks and merges what comes back, in rounds of bounded memory. Each round asks
  /// twice: a point of which a rank holds many neighbours asks such ranks first, then, by the nearer bound
  /// that came of it, those left; any other asks all it has to at once. Collective.
  /// @param between  called on all ranks before every round
  void search_other_ranks(const std::function<void()>& between);

  /// Ranks that searched for each point, its own included.
  std::span<const std::uint16_t> ranks_searched() const { return ranks_searched_; }
  /// Distance evaluations of the calibration and the routing, on this rank.
  std::int64_t distance_evaluations() const { return calibration_evaluations_ + routing_evaluations_; }
  /// Those of the routing alone, and the seconds that it took this rank.
  std::int64_t routing_evaluations() const { return routing_evaluations_; }
  double routing_seconds() const { return routing_seconds_; }

  /// What it has learnt and how far it has come, besides the lists.
  struct Progress {
    std::int64_t rounds = 0;  ///< done
    std::int64_t calibration_evaluations = 0, routing_evaluations = 0;
    double routing_seconds = 0;
    float threshold = 0;
    float router_scale = 1;  ///< squared Euclidean distance over the square of that by the measure
  };
  Progress progress() const;
  void resume(const Progress& progress);
  void add_parts(Parts& parts) { parts.push_back(part_of("ranks_searched", ranks_searched_)); }

 private:
  enum class Turn : std::uint8_t;
  struct Request;
  struct Answer;
  /// Requests of a round: point numbers by the rank they go to.
  using Requests = std::vector<std::vector<std::uint32_t>>;

  /// Where another measure is used: what a bound by it is, on average over a sample's lists, squared
  /// Euclidean. The router's cells know no other.
  float squared(float bound) const;
  void measure_router_scale(std::span<const std::size_t> sample);
  bool worth_a_search(float expected, float bound, float threshold) const;
  /// Whom each of at most search::block_rows points asks now. @param turns  points x ranks
  void look_around(std::size_t first, std::size_t count, bool early, std::span<Turn> turns);
  Requests choose_ranks(std::size_t first, std::size_t count, bool early, std::span<Turn> turns);
  void ask(const Requests& requests);
  void answer(std::span<const Request> requests, const float* rows,
              std::vector<std::vector<Candidate>>& found);
  float bound(std::size_t point) const {
    return lists_.bound(static_cast<std::size_t>(points_.rows[point]), wanted_[point]);
  }

  const SearchInput& input_;
  const Points& points_;
  const Router& router_;
  RankSearch& own_;
  NeighborDescent* descent_;
  std::span<const std::uint32_t> compared_;  // for each block of points those it was compared with at home
  NeighborLists& lists_;
  base::Log& log_;
  std::vector<std::uint32_t> wanted_;  // for each point the length of its list
  std::vector<std::uint16_t> ranks_searched_;
  std::int64_t rounds_ = 0;
  float threshold_ = 0, router_scale_ = 1;  // see Progress
  std::int64_t calibration_evaluations_ = 0;
  std::atomic<std::int64_t> routing_evaluations_ = 0;
  double routing_seconds_ = 0;
  base::PerThread<Router::Workspace> router_work_{
      [this] { return std::make_unique<Router::Workspace>(router_); }};
};

}  // namespace fleetsne::neighbors
