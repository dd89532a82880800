#include "duplicates.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace fleetsne::neighbors {
namespace {

/// For each row the first row equal to it.
std::vector<base::LocalIndex> find_representatives(const SearchInput& input) {
  const std::size_t n = input.rows.local.rows(), bytes = input.width() * sizeof(float);
  std::vector<base::LocalIndex> representative(n);
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
  std::vector<base::LocalIndex> point_of(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto first = static_cast<std::size_t>(representative[i]);
    if (first == i) {
      point_of[i] = static_cast<base::LocalIndex>(points.rows.size());
      points.rows.push_back(static_cast<base::LocalIndex>(i));
    } else {
      point_of[i] = point_of[first];
    }
  }
  points.member_offsets.assign(points.count() + 1, 0);
  for (const base::LocalIndex p : point_of) ++points.member_offsets[static_cast<std::size_t>(p) + 1];
  std::partial_sum(points.member_offsets.begin(), points.member_offsets.end(), points.member_offsets.begin());
  points.members.resize(n);
  std::vector<base::LocalIndex> at(points.member_offsets.begin(), points.member_offsets.end() - 1);
  for (std::size_t i = 0; i < n; ++i) {
    points.members[static_cast<std::size_t>(at[static_cast<std::size_t>(point_of[i])]++)] =
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

}  // namespace fleetsne::neighbors
