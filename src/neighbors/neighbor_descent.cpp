#include "neighbor_descent.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <iterator>
#include <limits>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t longest_list = 64;
constexpr double fewest_points = 7;  // in a list, on average
// Of each list so many are followed, from the front, copies counting as one; and so many points that have a
// point in this part of theirs.
constexpr std::size_t followed = 16, most_reverse = 16;
// Of what is missing about nine in ten are found.
constexpr double missing_after = 0.1;
constexpr int most_passes = 8, most_hops = 2;
constexpr std::size_t points_of_piece = 64;  // of one thread
constexpr base::LocalIndex nobody = -1;

}  // namespace

void NeighborDescent::Seen::start(std::size_t most) {
  const std::size_t slots = std::bit_ceil(2 * most + 2);
  slots_.assign(slots, nobody);
  mask_ = slots - 1;
}

bool NeighborDescent::Seen::add(base::LocalIndex row) {
  constexpr std::uint32_t golden = 2654435761U;  // 2^32 over the golden ratio      [Knuth 1998, 6.4]
  std::size_t at = static_cast<std::uint32_t>(row) * golden & mask_;
  while (slots_[at] != nobody) {
    if (slots_[at] == row) return false;
    at = (at + 1) & mask_;
  }
  slots_[at] = row;
  return true;
}

std::size_t reverse_list_bytes(std::size_t k) {
  return NeighborDescent::pays(k) ? most_reverse * sizeof(base::LocalIndex) + sizeof(std::uint8_t) : 0;
}

void NeighborDescent::Workspace::start(std::size_t known) {
  seen.start(known + (followed + most_reverse) * (followed + most_reverse));
  seeds.clear();
  fresh.clear();
}

void NeighborDescent::Workspace::know(base::LocalIndex representative) {
  if (seen.add(representative) && seeds.size() < followed) seeds.push_back(representative);
}

bool NeighborDescent::pays(std::size_t k, double distinct) {
  return k <= longest_list && static_cast<double>(k) * distinct >= fewest_points;
}

double NeighborDescent::start(double aim) {
  return std::max(0.0, 1 - (1 - aim) / missing_after);
}

NeighborDescent::NeighborDescent(const SearchInput& input, const Points& points, NeighborLists& lists,
                                 std::size_t batch)
    : input_(input), points_(points), lists_(lists), batch_(batch) {}

bool NeighborDescent::is_local(base::LocalIndex column) const {
  return static_cast<std::size_t>(column) < lists_.rows();
}

base::LocalIndex NeighborDescent::representative(base::LocalIndex row) const {
  if (points_.count() == lists_.rows()) return row;
  const base::LocalIndex point = points_.of_row[static_cast<std::size_t>(row)];
  return points_.rows[static_cast<std::size_t>(point)];
}

std::span<const base::LocalIndex> NeighborDescent::reverse(base::LocalIndex row) const {
  const auto i = static_cast<std::size_t>(row);
  return std::span(reverse_).subspan(i * most_reverse, reverse_counts_[i]);
}

void NeighborDescent::collect_reverse() {
  progress_.has_holders = 1;
  reverse_.resize(lists_.rows() * most_reverse);
  reverse_counts_.assign(lists_.rows(), 0);
  // Nearest first: those that have the row at the very front of their list come before others. Copies take
  // places without being anything new, so where there are some all places are looked at.
  const bool copies = points_.count() < lists_.rows();
  const std::size_t places = copies ? lists_.capacity() : std::min(followed, lists_.capacity());
  for (std::size_t place = 0; place < places; ++place) {
    for (const base::LocalIndex row : points_.rows) {
      const auto list = lists_.columns(static_cast<std::size_t>(row));
      if (place >= list.size()) continue;
      const base::LocalIndex near = representative(list[place]);
      if (copies && place > 0 && near == representative(list[place - 1])) continue;
      const auto of = static_cast<std::size_t>(near);
      if (reverse_counts_[of] < most_reverse) reverse_[of * most_reverse + reverse_counts_[of]++] = row;
    }
  }
}

bool NeighborDescent::complete(base::Log& log, const std::function<bool()>& leave) {
  std::int64_t wanted = 0;
  for (std::size_t p = 0; p < points_.count(); ++p)
    wanted += static_cast<std::int64_t>(points_.wanted(p, input_.config.count));
  const double hardly = (1 - input_.config.aim) * static_cast<double>(wanted);
  while (progress_.passes < most_passes) {
    if (progress_.next == 0) collect_reverse();
    if (!pass(log, leave)) return false;
    const bool settled = static_cast<double>(progress_.added) <= hardly;
    progress_ = {.passes = settled ? most_passes : progress_.passes + 1, .has_holders = 1};
    if (progress_.passes < most_passes && leave()) return false;
  }
  return true;
}

void NeighborDescent::add_parts(Parts& parts) {
  parts.push_back(part_of("holders", reverse_));
  parts.push_back(part_of("holder_counts", reverse_counts_));
}

void NeighborDescent::resume(const Progress& progress) {
  progress_ = progress;
  if (progress.has_holders == 0) return;
  reverse_.resize(lists_.rows() * most_reverse);
  reverse_counts_.resize(lists_.rows());
}

/// Every point once, from where it was left. Returns whether it has come to the end.
bool NeighborDescent::pass(base::Log& log, const std::function<bool()>& leave) {
  const std::size_t n = points_.count(), k = input_.config.count;
  log.begin_phase("neighbours of neighbours", static_cast<std::int64_t>(n));
  std::vector<std::vector<Candidate>> found(std::min(batch_, n));
  std::atomic<std::int64_t> added = progress_.added;
  for (auto first = static_cast<std::size_t>(progress_.next); first < n; first += batch_) {
    const std::size_t count = std::min(batch_, n - first);
    const auto pieces = static_cast<std::int64_t>((count + points_of_piece - 1) / points_of_piece);
    const auto each = [&](auto&& visit) {
      base::parallel_for(pieces, [&](std::int64_t piece) {
        const std::size_t begin = static_cast<std::size_t>(piece) * points_of_piece;
        for (std::size_t i = begin; i < std::min(begin + points_of_piece, count); ++i)
          visit(i, static_cast<std::size_t>(points_.rows[first + i]), points_.wanted(first + i, k));
      });
    };
    each([&](std::size_t i, std::size_t row, std::size_t wanted) {
      found[i].clear();
      Workspace& work = workspaces_.mine();
      const auto list = lists_.columns(row), holders = reverse(static_cast<base::LocalIndex>(row));
      work.start(1 + list.size() + holders.size());
      work.seen.add(static_cast<base::LocalIndex>(row));
      for (const base::LocalIndex column : list) work.know(representative(column));
      work.seeds.insert(work.seeds.end(), holders.begin(), holders.end());
      for (const base::LocalIndex holder : holders) {
        if (work.seen.add(holder)) work.fresh.push_back(holder);
      }
      look_round(work, input_.query(row), lists_.bound(row, wanted), wanted, found[i]);
    });
    each([&](std::size_t i, std::size_t row, std::size_t wanted) {
      if (!found[i].empty()) added += static_cast<std::int64_t>(lists_.merge(row, found[i], wanted));
    });
    progress_.next = static_cast<std::int64_t>(first + count);
    progress_.added = added;
    log.advance(progress_.next);
    if (first + count < n && leave()) return false;
  }
  log.end_phase();
  return true;
}

void NeighborDescent::complete(const float* row, float bound, std::size_t limit,
                               std::vector<Candidate>& found) {
  Workspace& work = workspaces_.mine();
  for (int hop = 0; hop < most_hops && !found.empty(); ++hop) {
    work.start(found.size());
    for (const Candidate& near : found) work.know(representative(near.column));
    if (found.size() >= limit) bound = std::min(bound, found.back().squared_distance);
    work.offered.clear();
    look_round(work, row, bound, limit, work.offered);
    if (work.offered.empty()) return;
    work.merged.clear();
    std::merge(found.begin(), found.end(), work.offered.begin(), work.offered.end(),
               std::back_inserter(work.merged));
    work.merged.resize(std::min(work.merged.size(), limit));
    found.swap(work.merged);
  }
}

void NeighborDescent::look_round(Workspace& work, const float* row, float bound, std::size_t limit,
                                 std::vector<Candidate>& found) {
  const auto offer = [&](base::LocalIndex near) {
    if (!work.seen.add(near)) return;
    search::prefetch_row(input_.row(static_cast<std::size_t>(near)), input_.width());
    work.fresh.push_back(near);
  };
  for (const base::LocalIndex seed : work.seeds) {
    base::LocalIndex last = nobody;
    std::size_t places = 0;
    for (const base::LocalIndex column : lists_.columns(static_cast<std::size_t>(seed))) {
      if (!is_local(column)) continue;
      const base::LocalIndex near = representative(column);
      if (near == last) continue;
      if (places++ == followed) break;
      last = near;
      offer(near);
    }
    for (const base::LocalIndex holder : reverse(seed)) offer(holder);
  }
  work.evaluations += static_cast<std::int64_t>(work.fresh.size());
  work.nearest.clear();
  for (const base::LocalIndex near : work.fresh) {
    const auto i = static_cast<std::size_t>(near);
    const float squared = search::distance(input_.measure(), row, input_.row(i), input_.width());
    if (squared < bound) work.nearest.push_back({squared, points_.of_row[i], input_.origins[i]});
  }
  std::sort(work.nearest.begin(), work.nearest.end());
  offer_groups(input_, points_, work.nearest, limit, found);
}

std::int64_t NeighborDescent::distance_evaluations() const {
  std::int64_t sum = 0;
  workspaces_.for_each([&](const Workspace& work) { sum += work.evaluations; });
  return sum;
}

}  // namespace fleetsne::neighbors
