#pragma once

#include "fleetsne/neighbors/neighbors.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fleetsne::run {

/// As users and files spell them.
inline constexpr std::array metric_names{std::pair{"euclidean", neighbors::Metric::euclidean},
                                         std::pair{"cosine", neighbors::Metric::cosine},
                                         std::pair{"correlation", neighbors::Metric::correlation},
                                         std::pair{"inner-product", neighbors::Metric::inner_product},
                                         std::pair{"manhattan", neighbors::Metric::manhattan}};

/// As in metric_names.
inline const char* name_of(neighbors::Metric metric) {
  return std::ranges::find(metric_names, metric, [](const auto& named) { return named.second; })->first;
}

}  // namespace fleetsne::run
