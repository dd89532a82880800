#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/search/distance.hpp"

#include <span>
#include <tuple>
#include <vector>

namespace fleetsne::search {

/// A row found for a query; ordered by distance, then by input index.
struct Found {
  float squared_distance;
  base::LocalIndex row;
  base::GlobalIndex origin;
  friend bool operator<(const Found& a, const Found& b) {
    return std::tie(a.squared_distance, a.origin) < std::tie(b.squared_distance, b.origin);
  }
};

/// Exact search among the rows of this process, prepared once for many queries.
class LocalSearch {
 public:
  /// `rows` and `origins` must outlive this.
  LocalSearch(base::MatrixView<const float> rows, std::span<const base::GlobalIndex> origins,
              Measure measure);

  /// For each query its at most k nearest rows, nearest first. Parallel over blocks of queries.
  std::vector<std::vector<Found>> nearest(base::MatrixView<const float> queries,
                                          std::span<const base::GlobalIndex> skip, std::size_t k) const;

 private:
  void search_block(base::MatrixView<const float> queries, std::span<const base::GlobalIndex> skip,
                    std::size_t k, std::span<std::vector<Found>> best) const;

  /// By the kernel alone, every pair.
  void search_pairs(base::MatrixView<const float> queries, std::span<const base::GlobalIndex> skip,
                    std::size_t k, std::span<std::vector<Found>> best) const;

  base::MatrixView<const float> rows_;
  std::span<const base::GlobalIndex> origins_;
  Measure measure_;
  std::size_t width_;                     // padded columns
  base::AlignedVector<float> center_;     // width_: what is taken off rows and queries before the product
  base::AlignedVector<float> low_norms_;  // for each row |row - center|^2, lowered by the rounding bound
};

}  // namespace fleetsne::search
