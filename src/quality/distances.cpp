#include "distances.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fleetsne::quality {

std::vector<double> distance_ranks(base::MatrixView<const float> rows) {
  std::vector<std::pair<double, std::size_t>> distances;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto a = rows.row(i);
    for (std::size_t j = 0; j < i; ++j) {
      const auto b = rows.row(j);
      double sum = 0;
      for (std::size_t c = 0; c < a.size(); ++c) {
        const double difference = static_cast<double>(a[c]) - static_cast<double>(b[c]);
        sum += difference * difference;
      }
      distances.emplace_back(sum, distances.size());
    }
  }
  std::ranges::sort(distances);
  std::vector<double> ranks(distances.size());
  const double mean = 0.5 * (static_cast<double>(distances.size()) - 1);
  for (std::size_t first = 0; first < distances.size();) {
    std::size_t last = first;
    while (last < distances.size() && distances[last].first == distances[first].first) ++last;
    for (std::size_t i = first; i < last; ++i)
      ranks[distances[i].second] = 0.5 * static_cast<double>(first + last - 1) - mean;
    first = last;
  }
  return ranks;
}

std::optional<double> correlation(std::span<const double> a, std::span<const double> b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  if (!(aa > 0) || !(bb > 0)) return std::nullopt;
  return ab / (std::sqrt(aa) * std::sqrt(bb));
}

}  // namespace fleetsne::quality
