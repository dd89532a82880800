#include "hnsw_backend.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include "duplicates.hpp"
#include "neighbor_lists.hpp"
#include "routed_search.hpp"
#include "router.hpp"
#include "shard_search.hpp"
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t block_points = 128;  // searched by one thread, one after the other, in working order

/// Every point in its own shard.
void search_own_shards(const SearchInput& input, const Points& points, ShardSearch& shards,
                       NeighborLists& lists, base::Log& log) {
  log.begin_phase("neighbours", static_cast<std::int64_t>(points.count()));
  std::atomic<std::int64_t> done = 0;
  for (std::size_t s = 0; s + 1 < points.shard_offsets.size(); ++s) {
    const auto first = static_cast<std::size_t>(points.shard_offsets[s]);
    const auto last = static_cast<std::size_t>(points.shard_offsets[s + 1]);
    const std::size_t blocks = (last - first + block_points - 1) / block_points;
    base::parallel_for(static_cast<std::int64_t>(blocks), [&](std::int64_t b) {
      std::vector<Candidate> found;
      const std::size_t begin = first + static_cast<std::size_t>(b) * block_points;
      const std::size_t end = std::min(begin + block_points, last);
      for (std::size_t p = begin; p < end; ++p) {
        const auto row = static_cast<std::size_t>(points.rows[p]);
        const std::size_t limit = points.wanted(p, input.config.count);
        found.clear();
        shards.find(s,
                    {input.row(row), static_cast<std::uint32_t>(p - first), true, limit,
                     std::numeric_limits<float>::infinity()},
                    found);
        lists.merge(row, found, limit);
      }
      const auto now = done += static_cast<std::int64_t>(end - begin);
      if (omp_get_thread_num() == 0) log.advance(now);
    });
  }
  log.end_phase();
}

/// Gives every member of a group the list of its representative and the other members.
void expand_duplicates(const SearchInput& input, const Points& points, NeighborLists& lists) {
  const std::size_t k = input.config.count;
  base::parallel_for(static_cast<std::int64_t>((points.count() + block_points - 1) / block_points),
                     [&](std::int64_t b) {
                       std::vector<Candidate> others, list;
                       const std::size_t begin = static_cast<std::size_t>(b) * block_points;
                       for (std::size_t p = begin; p < std::min(begin + block_points, points.count()); ++p) {
                         const auto group = points.group(p);
                         if (group.size() == 1) continue;
                         const auto representative = static_cast<std::size_t>(points.rows[p]);
                         others.clear();
                         for (std::size_t i = 0; i < lists.count(representative); ++i)
                           others.push_back(lists.at(representative, i));
                         for (const base::LocalIndex member : group) {
                           list = others;
                           for (const base::LocalIndex equal : group.first(std::min(group.size(), k + 1))) {
                             if (equal != member)
                               list.push_back({0.0F, equal, input.origins[static_cast<std::size_t>(equal)]});
                           }
                           std::sort(list.begin(), list.end());
                           list.resize(std::min(list.size(), k));
                           lists.assign(static_cast<std::size_t>(member), list);
                         }
                       }
                     });
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
  auto shards = comm::agree(comm, [&] { return std::make_unique<ShardSearch>(input, points, log); });
  NeighborLists lists = comm::agree(comm, [&] {
    NeighborLists empty(input.rows.rows, comm.rank(), input.origins, input.config.count);
    search_own_shards(input, points, *shards, empty, log);
    return empty;
  });
  auto routed = comm::agree(
      comm, [&] { return std::make_unique<RoutedSearch>(input, points, router, *shards, lists, log); });
  if (router.shards() > 1) {
    routed->calibrate();
    comm::agree(comm, [&] { routed->search_own_rank(); });
    routed->search_other_ranks();
  }
  stats.distance_evaluations =
      comm.all_reduce(shards->distance_evaluations() + routed->distance_evaluations(), comm::Reduction::sum);
  count_ranks(comm, points, routed->ranks_searched(), stats);
  shards.reset();
  return comm::agree(comm, [&] {
    expand_duplicates(input, points, lists);
    return std::move(lists).finish();
  });
}

}  // namespace fleetsne::neighbors
