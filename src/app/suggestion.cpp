#include "fleetsne/app/suggestion.hpp"

#include <algorithm>
#include <vector>

namespace fleetsne::app {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> cost((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cost[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  return at(a.size(), b.size());
}

std::string nearest(std::string_view written, std::span<const Candidate> candidates) {
  std::size_t best = std::max<std::size_t>(2, written.size() / 3) + 1;
  std::string offer;
  for (const Candidate& candidate : candidates) {
    const std::size_t distance = edit_distance(written, candidate.spelling);
    if (distance >= best || distance >= written.size()) continue;
    best = distance;
    offer = candidate.offer;
  }
  return offer;
}

}  // namespace fleetsne::app
