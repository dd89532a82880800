#include "hnsw_backend.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include "duplicates.hpp"
#include "neighbor_descent.hpp"
#include "neighbor_lists.hpp"
#include "rank_search.hpp"
#include "routed_search.hpp"
#include "router.hpp"
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t blocks_at_once = 8;  // searched by one thread, one after the other, in working order
constexpr std::size_t points_at_once = blocks_at_once * search::block_rows;

/// Every point on its own rank. Returns for each block of points the blocks that it was compared with.
std::vector<std::uint32_t> search_own_rank(const SearchInput& input, const Points& points, RankSearch& own,
                                           NeighborLists& lists, base::Log& log) {
  log.begin_phase("neighbours", static_cast<std::int64_t>(points.count()));
  std::atomic<std::int64_t> done = 0;
  std::vector<std::uint32_t> compared((points.count() + search::block_rows - 1) / search::block_rows);
  const std::size_t pieces = (points.count() + points_at_once - 1) / points_at_once;
  base::parallel_for(static_cast<std::int64_t>(pieces), [&](std::int64_t piece) {
    std::vector<Candidate> found[search::block_rows];
    RankSearch::Query queries[search::block_rows];
    const std::size_t begin = static_cast<std::size_t>(piece) * points_at_once;
    const std::size_t end = std::min(begin + points_at_once, points.count());
    RankSearch::Effort effort;  // as for the block before it: not more than a piece knows, whoever does it
    for (std::size_t first = begin; first < end; first += search::block_rows) {
      const std::size_t count = std::min(search::block_rows, end - first);
      for (std::size_t q = 0; q < count; ++q) {
        queries[q] = {input.query(static_cast<std::size_t>(points.rows[first + q])),
                      points.wanted(first + q, input.config.count), static_cast<std::uint32_t>(first + q),
                      std::numeric_limits<float>::infinity()};
      }
      effort.expected = own.find(std::span(queries, count), std::span(found, count), effort);
      compared[first / search::block_rows] = static_cast<std::uint32_t>(effort.expected);
      for (std::size_t q = 0; q < count; ++q)
        lists.merge(static_cast<std::size_t>(points.rows[first + q]), found[q], queries[q].limit);
    }
    const auto now = done += static_cast<std::int64_t>(end - begin);
    if (omp_get_thread_num() == 0) log.advance(now);
  });
  log.end_phase();
  return compared;
}

void count_ranks(const comm::Communicator& comm, const Points& points,
                 std::span<const std::uint16_t> searched, NeighborsStats& stats) {
  std::int64_t totals[2] = {0, 0}, most = 1;
  for (std::size_t p = 0; p < points.count(); ++p) {
    const auto members = static_cast<std::int64_t>(points.group(p).size());
    totals[0] += members * searched[p];
    totals[1] += members;
    most = std::max<std::int64_t>(most, searched[p]);
  }
  comm.all_reduce(std::span<std::int64_t>(totals), comm::Reduction::sum);
  stats.ranks_searched_mean = static_cast<double>(totals[0]) / static_cast<double>(totals[1]);
  stats.ranks_searched_max = static_cast<int>(comm.all_reduce(most, comm::Reduction::max));
}

}  // namespace

data::NeighborGraph find_by_hnsw(const SearchInput& input, NeighborsStats& stats, base::Log& log) {
  const comm::Communicator& comm = input.comm;
  const Points points = comm::agree(comm, [&] { return collapse_duplicates(input); });
  const Router router(input, points);
  const double distinct = static_cast<double>(points.count()) /
                          static_cast<double>(std::max<std::size_t>(input.rows.local.rows(), 1));
  const bool descends = NeighborDescent::pays(input.config.count, distinct);
  const double aim = descends ? NeighborDescent::start(input.config.aim) : input.config.aim;
  auto own = comm::agree(comm, [&] { return std::make_unique<RankSearch>(input, points, aim, log); });
  std::vector<std::uint32_t> compared;
  NeighborLists lists = comm::agree(comm, [&] {
    NeighborLists empty(input.rows.rows, comm.rank(), input.origins, input.config.count);
    compared = search_own_rank(input, points, *own, empty, log);
    return empty;
  });
  auto descent = comm::agree(comm, [&] {
    std::unique_ptr<NeighborDescent> made;
    if (descends) {
      made = std::make_unique<NeighborDescent>(input, points, lists);
      made->complete(log);
    }
    return made;
  });
  auto routed = comm::agree(comm, [&] {
    return std::make_unique<RoutedSearch>(input, points, router, *own, descent.get(), compared, lists, log);
  });
  if (comm.size() > 1) {
    routed->calibrate();
    routed->search_other_ranks();
  }
  stats.distance_evaluations =
      comm.all_reduce(own->distance_evaluations() + (descent ? descent->distance_evaluations() : 0) +
                          routed->distance_evaluations(),
                      comm::Reduction::sum);
  stats.routing_evaluations = comm.all_reduce(routed->routing_evaluations(), comm::Reduction::sum);
  stats.routing_seconds = comm.all_reduce(routed->routing_seconds(), comm::Reduction::sum) / comm.size();
  count_ranks(comm, points, routed->ranks_searched(), stats);
  own.reset();
  descent.reset();
  return comm::agree(comm, [&] {
    expand_duplicates(input, points, lists);
    return std::move(lists).finish();
  });
}

}  // namespace fleetsne::neighbors
