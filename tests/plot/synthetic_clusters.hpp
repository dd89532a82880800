#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace fleetsne::plot::testing {

/// Rows [first, last) of `clusters` round clusters on a spiral, row i in cluster i mod clusters; every 50th
/// row has no label.
struct Clusters {
  base::Matrix<float> embedding;
  data::Labels labels;
};

inline Clusters make_clusters(base::GlobalIndex first, base::GlobalIndex last, int clusters) {
  const base::Random random(7, base::Stream::test);
  Clusters made{base::Matrix<float>(static_cast<std::size_t>(last - first), 2), {}};
  made.labels.name = "cell type";
  for (int c = 0; c < clusters; ++c) made.labels.categories.push_back("cluster " + std::to_string(c));
  for (base::GlobalIndex i = first; i < last; ++i) {
    const auto row = static_cast<std::size_t>(i - first);
    const auto cluster = static_cast<int>(i % clusters);
    const double angle = 2.4 * cluster, distance = 12.0 * std::sqrt(cluster + 0.5);
    const auto [dx, dy] = random.normal_pair(i);
    const double spread = 2.0 + cluster % 3;
    made.embedding(row, 0) = static_cast<float>(distance * std::cos(angle) + spread * dx);
    made.embedding(row, 1) = static_cast<float>(distance * std::sin(angle) + spread * dy);
    made.labels.codes.push_back(i % 50 == 49 ? -1 : cluster);
  }
  return made;
}

}  // namespace fleetsne::plot::testing
