#include "duplicates.hpp"

#include "fleetsne/base/parallel.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t points_of_piece = 256;  // expanded by one thread

/// For each row the first row equal to it; itself where equal rows are not nearest to each other.
std::vector<base::LocalIndex> find_representatives(const SearchInput& input) {
  const std::size_t n = input.rows.local.rows(), bytes = input.width() * sizeof(float);
  std::vector<base::LocalIndex> representative(n);
  if (input.config.metric == Metric::inner_product) {
    std::iota(representative.begin(), representative.end(), base::LocalIndex{0});
    return representative;
  }
  std::vector<std::pair<std::uint64_t, base::LocalIndex>> hashed(n);
#pragma omp parallel for schedule(static)
  for (std::int64_t r = 0; r < static_cast<std::int64_t>(n); ++r) {
    const auto i = static_cast<std::size_t>(r);
    hashed[i] = {XXH3_64bits(input.row(i), bytes), static_cast<base::LocalIndex>(i)};
    representative[i] = static_cast<base::LocalIndex>(i);
  }
  std::ranges::sort(hashed);
  for (std::size_t run = 0; run < hashed.size();) {
    std::size_t end = run + 1;
    while (end < hashed.size() && hashed[end].first == hashed[run].first) ++end;
    // Rows of one hash are all but always equal; where they are not, each looks for its like.
    std::vector<base::LocalIndex> distinct{hashed[run].second};
    for (std::size_t i = run + 1; i < end; ++i) {
      const base::LocalIndex row = hashed[i].second;
      const auto like = std::ranges::find_if(distinct, [&](base::LocalIndex other) {
        return std::memcmp(input.row(static_cast<std::size_t>(row)),
                           input.row(static_cast<std::size_t>(other)), bytes) == 0;
      });
      if (like == distinct.end()) {
        distinct.push_back(row);
      } else {
        representative[static_cast<std::size_t>(row)] = *like;
      }
    }
    run = end;
  }
  return representative;
}

}  // namespace

Points collapse_duplicates(const SearchInput& input) {
  const std::size_t n = input.rows.local.rows();
  const std::vector<base::LocalIndex> representative = find_representatives(input);
  Points points;
  points.of_row.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto first = static_cast<std::size_t>(representative[i]);
    if (first == i) {
      points.of_row[i] = static_cast<base::LocalIndex>(points.rows.size());
      points.rows.push_back(static_cast<base::LocalIndex>(i));
    } else {
      points.of_row[i] = points.of_row[first];
    }
  }
  points.member_offsets.assign(points.count() + 1, 0);
  for (const base::LocalIndex p : points.of_row) ++points.member_offsets[static_cast<std::size_t>(p) + 1];
  std::partial_sum(points.member_offsets.begin(), points.member_offsets.end(), points.member_offsets.begin());
  points.members.resize(n);
  std::vector<base::LocalIndex> at(points.member_offsets.begin(), points.member_offsets.end() - 1);
  for (std::size_t i = 0; i < n; ++i) {
    points.members[static_cast<std::size_t>(at[static_cast<std::size_t>(points.of_row[i])]++)] =
        static_cast<base::LocalIndex>(i);
  }
  for (std::size_t p = 0; p < points.count(); ++p) {
    const auto first = points.members.begin() + points.member_offsets[p];
    const auto last = points.members.begin() + points.member_offsets[p + 1];
    if (last - first > 1) {
      std::sort(first, last, [&](base::LocalIndex a, base::LocalIndex b) {
        return input.origins[static_cast<std::size_t>(a)] < input.origins[static_cast<std::size_t>(b)];
      });
    }
  }
  return points;
}

void offer_groups(const SearchInput& input, const Points& points, std::span<const Candidate> nearest,
                  std::size_t limit, std::vector<Candidate>& found) {
  float last = 0;
  bool repeated = false;
  for (const Candidate& near : nearest) {
    // Those as far as the last one count, too: the input index decides among them.
    if (found.size() >= limit && near.squared_distance > last) break;
    last = near.squared_distance;
    const auto group = points.group(static_cast<std::size_t>(near.column));
    repeated = repeated || group.size() > 1;
    for (const base::LocalIndex row : group.first(std::min(group.size(), limit))) {
      found.push_back({last, row, input.origins[static_cast<std::size_t>(row)]});
    }
  }
  if (repeated) std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), limit));
}

void expand_duplicates(const SearchInput& input, const Points& points, NeighborLists& lists) {
  const std::size_t k = input.config.count;
  base::parallel_for(static_cast<std::int64_t>((points.count() + points_of_piece - 1) / points_of_piece),
                     [&](std::int64_t b) {
                       std::vector<Candidate> others, list;
                       const std::size_t begin = static_cast<std::size_t>(b) * points_of_piece;
                       for (std::size_t p = begin; p < std::min(begin + points_of_piece, points.count());
                            ++p) {
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

}  // namespace fleetsne::neighbors
