#include "rank_search.hpp"

#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <utility>

namespace fleetsne::neighbors {
namespace {

using search::block_rows;

// So few blocks are all looked at: a walk would see most of them anyway.
constexpr std::size_t scanned_blocks = 512;
constexpr std::size_t first_beam = 64;  // blocks that a walk looks for; then twice as many, and so on
constexpr std::size_t least_step = 4;   // blocks between two looks at the yield, and at least
constexpr std::size_t step_share = 8;   // this fraction of those compared so far

}  // namespace

RankSearch::RankSearch(const SearchInput& input, const Points& points, double aim, base::Log& log)
    : input_(input), points_(points), aim_(aim) {
  log.begin_phase("index", 1);
  for (const base::LocalIndex row : points.rows) rows_.push_back(input.row(static_cast<std::size_t>(row)));
  blocks_ = search::BlockedRows(rows_, input.rows.columns(), input.measure());
  if (blocks_.blocks() > scanned_blocks) {
    std::vector<const float*> means;
    for (std::size_t b = 0; b < blocks_.blocks(); ++b) means.push_back(blocks_.mean(b));
    graph_ = BlockGraph(means, {.links = input.config.links,
                                .ef_construction = input.config.ef_construction,
                                .seed = input.config.seed,
                                .columns = input.width(),
                                .measure = input.measure()});
  }
  log.end_phase();
}

std::size_t RankSearch::find(std::span<const Query> queries, std::span<std::vector<Candidate>> found,
                             const Effort& effort) {
  for (auto& list : found) list.clear();
  if (queries.empty() || rows_.empty()) return 0;
  Workspace& work = workspaces_.mine();
  BlockScan::Query wanted[block_rows];
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const std::size_t itself = queries[q].itself == none ? 0 : 1;
    wanted[q] = {queries[q].row, queries[q].limit + itself, queries[q].bound};
  }
  work.scan.start(std::span(wanted, queries.size()));
  const std::uint32_t itself = queries.front().itself;
  const std::uint32_t entry =
      itself == none ? work.beam.entry(work.scan.mean()) : itself / static_cast<std::uint32_t>(block_rows);
  const std::size_t compared = scan_nearest(work, queries, entry, effort);
  for (std::size_t q = 0; q < queries.size(); ++q) collect(queries[q], work.scan.found(q), found[q]);
  return compared;
}

std::size_t RankSearch::scan_nearest(Workspace& work, std::span<const Query> queries, std::uint32_t entry,
                                     const Effort& effort) {
  double wanted = 0;
  for (const Query& query : queries) wanted += static_cast<double>(query.limit);
  // Another rank's point may find nothing to go on from, so it is not left to neighbours of neighbours.
  const double aim = queries.front().itself == none ? input_.config.aim : aim_;
  const double bearable = (1 - aim) * wanted;
  if (++work.search == 0) {
    std::ranges::fill(work.scanned, 0U);
    work.search = 1;
  }
  std::size_t done = 0, last_step = 0;
  double last_taken = 0;
  for (std::size_t beam = std::max(first_beam, effort.expected + effort.expected / 4);; beam *= 2) {
    const auto order = work.beam.nearest(work.scan.mean(), entry, beam);
    std::size_t next = 0;
    while (next < order.size()) {
      // The yield falls about as fast as the blocks compared so far, on whichever rank, grow in number, or
      // faster, so what is still to be found is at most the yield of that many blocks again. It is taken over
      // two steps: blocks do not come in quite the right order.
      const std::size_t step = std::max(least_step, done / step_share);
      std::size_t compared = 0;
      for (; next < order.size() && compared < step; ++next) {
        if (std::exchange(work.scanned[order[next]], work.search) == work.search) continue;
        if (next + 1 < order.size()) blocks_.prefetch(order[next + 1]);
        work.scan.scan(order[next]);
        ++compared;
      }
      done += compared;
      const auto taken = static_cast<double>(work.scan.count_taken());
      const auto both = static_cast<double>(compared + last_step);
      if (compared == step && last_step > 0 &&
          (taken + last_taken) * static_cast<double>(done + effort.elsewhere) < bearable * both)
        return done;
      last_step = compared;
      last_taken = taken;
    }
    if (order.size() < beam || order.size() == blocks_.blocks()) return done;
  }
}

void RankSearch::collect(const Query& query, std::span<const std::uint64_t> entries,
                         std::vector<Candidate>& found) {
  std::vector<Candidate> nearest;
  nearest.reserve(entries.size());
  for (const std::uint64_t entry : entries) {
    const std::uint32_t point = BlockScan::point_of(entry);
    if (point == query.itself) continue;
    const float squared = search::distance(input_.measure(), query.row, rows_[point], input_.width());
    if (squared >= query.bound) continue;
    const auto row = points_.rows[point];
    nearest.push_back(
        {squared, static_cast<base::LocalIndex>(point), input_.origins[static_cast<std::size_t>(row)]});
  }
  std::sort(nearest.begin(), nearest.end());
  offer_groups(input_, points_, nearest, query.limit, found);
}

std::int64_t RankSearch::distance_evaluations() const {
  std::int64_t sum = graph_.distance_evaluations();
  workspaces_.for_each([&](const Workspace& work) {
    sum += work.beam.distance_evaluations() + work.scan.distance_evaluations();
  });
  return sum;
}

}  // namespace fleetsne::neighbors
