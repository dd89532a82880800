#include "hnsw_backend.hpp"

#include "fleetsne/comm/agreement.hpp"

#include "duplicates.hpp"
#include "neighbor_descent.hpp"
#include "neighbor_lists.hpp"
#include "own_search.hpp"
#include "pauses.hpp"
#include "rank_search.hpp"
#include "routed_search.hpp"
#include "router.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace fleetsne::neighbors {
namespace {

/// What a rank's search is at.
enum class Phase : std::int64_t { own_rank, neighbors_of_neighbors, routing, other_ranks };

/// How far it has come, and the sizes of what it has found.
struct Numbers {
  Phase phase = Phase::own_rank;
  std::int64_t evaluations = 0;  ///< of distances on this rank, the index included and the routing not
  std::int64_t foreign = 0;
  NeighborDescent::Progress descent;
  RoutedSearch::Progress routed;
};

class Search {
 public:
  Search(const SearchInput& input, const Watch& watch, base::Log& log)
      : input_(input),
        watch_(watch),
        log_(log),
        points_(comm::agree(input.comm, [&] { return collapse_duplicates(input); })),
        router_(input, points_),
        pauses_(input.comm, watch, [this](int wish) { show(wish); }) {
    comm::agree(input.comm, [&] {
      const double distinct = static_cast<double>(points_.count()) /
                              static_cast<double>(std::max<std::size_t>(input.rows.local.rows(), 1));
      const bool descends = NeighborDescent::pays(input.config.count, distinct);
      const double aim = descends ? NeighborDescent::start(input.config.aim) : input.config.aim;
      index_ = std::make_unique<RankSearch>(input, points_, aim, log);
      lists_ = std::make_unique<NeighborLists>(input.rows.rows, input.comm.rank(), input.origins,
                                               input.config.count);
      own_ = std::make_unique<OwnSearch>(input, points_, *index_, *lists_, log);
      if (descends) descent_ = std::make_unique<NeighborDescent>(input, points_, *lists_);
      routed_ = std::make_unique<RoutedSearch>(input, points_, router_, *index_, descent_.get(),
                                               own_->compared(), *lists_, log);
      if (watch.earlier) resume();
    });
  }

  /// Every list as far as it gets. Collective.
  void complete() {
    if (numbers_.phase == Phase::own_rank) {
      pauses_.run([this](const auto& asked) { return own_->run(asked); });
      numbers_.phase = Phase::neighbors_of_neighbors;
    }
    if (numbers_.phase == Phase::neighbors_of_neighbors) {
      pauses_.run(
          [this](const auto& asked) { return descent_ == nullptr || descent_->complete(log_, asked); });
      numbers_.phase = Phase::routing;
    }
    if (numbers_.phase == Phase::routing) {
      pauses_.look();
      if (input_.comm.size() > 1) routed_->calibrate();
      numbers_.phase = Phase::other_ranks;
    }
    if (input_.comm.size() > 1) routed_->search_other_ranks([this] { pauses_.look(); });
    pauses_.look_at_end();
  }

  /// Collective.
  void measure(NeighborsStats& stats) const {
    const comm::Communicator& comm = input_.comm;
    stats.distance_evaluations =
        comm.all_reduce(evaluations() + routed_->distance_evaluations(), comm::Reduction::sum);
    stats.routing_evaluations = comm.all_reduce(routed_->routing_evaluations(), comm::Reduction::sum);
    stats.routing_seconds = comm.all_reduce(routed_->routing_seconds(), comm::Reduction::sum) / comm.size();
    count_ranks(stats);
  }

  /// Collective. Nothing is left of the search.
  data::NeighborGraph finish() {
    routed_.reset();
    own_.reset();
    descent_.reset();
    index_.reset();
    return comm::agree(input_.comm, [&] {
      expand_duplicates(input_, points_, *lists_);
      return std::move(*lists_).finish();
    });
  }

 private:
  std::int64_t evaluations() const {
    return evaluations_before_ + index_->distance_evaluations() +
           (descent_ ? descent_->distance_evaluations() : 0);
  }

  Parts parts() {
    Parts parts{part_of("numbers", std::span(&numbers_, 1))};
    lists_->add_parts(parts);
    own_->add_parts(parts);
    if (descent_) descent_->add_parts(parts);
    routed_->add_parts(parts);
    return parts;
  }

  void show(int wish) {
    numbers_.evaluations = evaluations();
    numbers_.foreign = static_cast<std::int64_t>(lists_->foreign());
    if (descent_) numbers_.descent = descent_->progress();
    numbers_.routed = routed_->progress();
    watch_.see(wish, parts());
  }

  void resume() {
    watch_.earlier(std::array{part_of("numbers", std::span(&numbers_, 1))});
    lists_->resize_foreign(static_cast<std::size_t>(numbers_.foreign));
    if (descent_) descent_->resume(numbers_.descent);
    routed_->resume(numbers_.routed);
    watch_.earlier(parts());
    lists_->number_foreign();
    evaluations_before_ = numbers_.evaluations - evaluations();  // the index has been built once more
  }

  void count_ranks(NeighborsStats& stats) const {
    std::int64_t totals[2] = {0, 0}, most = 1;
    for (std::size_t p = 0; p < points_.count(); ++p) {
      const auto members = static_cast<std::int64_t>(points_.group(p).size());
      const auto searched = static_cast<std::int64_t>(routed_->ranks_searched()[p]);
      totals[0] += members * searched;
      totals[1] += members;
      most = std::max(most, searched);
    }
    input_.comm.all_reduce(std::span<std::int64_t>(totals), comm::Reduction::sum);
    stats.ranks_searched_mean = static_cast<double>(totals[0]) / static_cast<double>(totals[1]);
    stats.ranks_searched_max = static_cast<int>(input_.comm.all_reduce(most, comm::Reduction::max));
  }

  const SearchInput& input_;
  const Watch& watch_;
  base::Log& log_;
  Points points_;
  Router router_;
  Pauses pauses_;
  Numbers numbers_;
  std::int64_t evaluations_before_ = 0;  // those of the search that this one goes on from
  std::unique_ptr<RankSearch> index_;
  std::unique_ptr<NeighborLists> lists_;
  std::unique_ptr<OwnSearch> own_;
  std::unique_ptr<NeighborDescent> descent_;  // none where it does not pay
  std::unique_ptr<RoutedSearch> routed_;
};

}  // namespace

data::NeighborGraph find_by_hnsw(const SearchInput& input, const Watch& watch, NeighborsStats& stats,
                                 base::Log& log) {
  Search search(input, watch, log);
  search.complete();
  search.measure(stats);
  return search.finish();
}

}  // namespace fleetsne::neighbors
