#include "shard_search.hpp"

#include "fleetsne/base/parallel.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>

namespace fleetsne::neighbors {
namespace {

// A shard of so few points is scanned: a walk would look at most of them anyway.
constexpr std::size_t scanned_points = 1024;
// A foreign point's walk goes on at least until so many points have been visited, that it is not stopped by
// the bound on its way in.
constexpr std::size_t least_visited = 16;

}  // namespace

ShardSearch::ShardSearch(const SearchInput& input, const Points& points, base::Log& log)
    : input_(input), points_(points), graphs_(points.shard_offsets.size() - 1) {
  for (const base::LocalIndex row : points.rows) rows_.push_back(input.row(static_cast<std::size_t>(row)));
  std::size_t largest = 0;
  for (std::size_t s = 0; s < graphs_.size(); ++s) largest = std::max(largest, points_of(s));
  for (int t = 0; t < omp_get_max_threads(); ++t) of_thread_.push_back(std::make_unique<BeamSearch>(largest));

  log.begin_phase("index", static_cast<std::int64_t>(points.count()));
  std::atomic<std::int64_t> done = 0;
  base::parallel_for(static_cast<std::int64_t>(graphs_.size()), [&](std::int64_t s) {
    const auto shard = static_cast<std::size_t>(s);
    if (points_of(shard) <= scanned_points) return;
    std::size_t told = 0;
    graphs_[shard] = ShardGraph(shard_rows(shard),
                                {.links = input.config.links,
                                 .ef_construction = input.config.ef_construction,
                                 .seed = input.config.seed,
                                 .columns = input.width()},
                                [&](std::size_t inserted) {
                                  const auto now = done += static_cast<std::int64_t>(inserted - told);
                                  told = inserted;
                                  if (omp_get_thread_num() == 0) log.advance(now);
                                });
  });
  log.end_phase();
}

void ShardSearch::find(std::size_t shard, const Query& query, std::vector<Candidate>& found) {
  const std::size_t before = found.size(), points = points_of(shard);
  const auto first_point = static_cast<std::size_t>(points_.shard_offsets[shard]);
  if (points == 0 || query.limit == 0) return;
  auto& search = *of_thread_[static_cast<std::size_t>(omp_get_thread_num())];
  const Shard where{graphs_[shard], shard_rows(shard), input_.width()};
  const std::size_t wanted = query.limit + (query.entry_is_itself ? 1 : 0);
  std::span<const Near> near;
  if (graphs_[shard].points() == 0) {
    near = search.scan(where, query.row, wanted);
  } else {
    near = search.walk(where, query.row, query.entry, wanted + input_.config.ef_extra, least_visited,
                       query.bound);
    // A graph may fall apart; who wants all there is must get it.
    if (std::isinf(query.bound) && near.size() < std::min(wanted, points))
      near = search.scan(where, query.row, wanted);
  }
  float last = 0;
  for (const Near& n : near) {
    if (query.entry_is_itself && n.point == query.entry) continue;
    if (n.squared_distance >= query.bound) break;
    // Those as far as the last one count, too: the input index decides among them.
    if (found.size() - before >= query.limit && n.squared_distance > last) break;
    last = n.squared_distance;
    const auto group = points_.group(first_point + n.point);
    for (const base::LocalIndex row : group.first(std::min(group.size(), query.limit))) {
      found.push_back({n.squared_distance, row, input_.origins[static_cast<std::size_t>(row)]});
    }
  }
  std::sort(found.begin() + static_cast<std::ptrdiff_t>(before), found.end());
  found.resize(std::min(found.size(), before + query.limit));
}

std::int64_t ShardSearch::distance_evaluations() const {
  std::int64_t sum = 0;
  for (const auto& graph : graphs_) sum += graph.distance_evaluations();
  for (const auto& search : of_thread_) sum += search->distance_evaluations();
  return sum;
}

}  // namespace fleetsne::neighbors
