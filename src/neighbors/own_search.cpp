#include "own_search.hpp"

#include "fleetsne/base/parallel.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <limits>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t blocks_at_once = 8;  // searched by one thread, one after the other, in working order
constexpr std::size_t points_at_once = blocks_at_once * search::block_rows;

}  // namespace

OwnSearch::OwnSearch(const SearchInput& input, const Points& points, RankSearch& own, NeighborLists& lists,
                     base::Log& log)
    : input_(input),
      points_(points),
      own_(own),
      lists_(lists),
      log_(log),
      compared_((points.count() + search::block_rows - 1) / search::block_rows),
      done_((points.count() + points_at_once - 1) / points_at_once) {}

bool OwnSearch::run(const std::function<bool()>& leave) {
  const auto pieces = static_cast<std::int64_t>(done_.size());
  std::atomic<std::int64_t> done = std::ranges::count(done_, char{1});
  if (done == pieces) return true;
  log_.begin_phase("neighbours", pieces);
  std::atomic<bool> left = false;
  base::parallel_for(pieces, [&](std::int64_t p) {
    const auto piece = static_cast<std::size_t>(p);
    if (done_[piece] != 0 || left.load(std::memory_order_relaxed)) return;
    search(piece);
    done_[piece] = 1;
    const std::int64_t now = ++done;
    if (omp_get_thread_num() != 0) return;
    log_.advance(now);
    if (now < pieces && leave()) left = true;
  });
  if (done < pieces) return false;
  log_.end_phase();
  return true;
}

void OwnSearch::search(std::size_t piece) {
  std::vector<Candidate> found[search::block_rows];
  RankSearch::Query queries[search::block_rows];
  const std::size_t begin = piece * points_at_once, end = std::min(begin + points_at_once, points_.count());
  RankSearch::Effort effort;  // as for the block before it: not more than a piece knows, whoever does it
  for (std::size_t first = begin; first < end; first += search::block_rows) {
    const std::size_t count = std::min(search::block_rows, end - first);
    for (std::size_t q = 0; q < count; ++q) {
      queries[q] = {input_.query(static_cast<std::size_t>(points_.rows[first + q])),
                    points_.wanted(first + q, input_.config.count), static_cast<std::uint32_t>(first + q),
                    std::numeric_limits<float>::infinity()};
    }
    effort.expected = own_.find(std::span(queries, count), std::span(found, count), effort);
    compared_[first / search::block_rows] = static_cast<std::uint32_t>(effort.expected);
    for (std::size_t q = 0; q < count; ++q)
      lists_.merge(static_cast<std::size_t>(points_.rows[first + q]), found[q], queries[q].limit);
  }
}

void OwnSearch::add_parts(Parts& parts) {
  parts.push_back(part_of("searched", done_));
  parts.push_back(part_of("compared", compared_));
}

}  // namespace fleetsne::neighbors
