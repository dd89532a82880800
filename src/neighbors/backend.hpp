#pragma once

#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/search/distance.hpp"

#include <optional>
#include <span>

namespace fleetsne::neighbors {

/// What rows that adapt_rows has made are compared by.
constexpr search::Measure measure_of(Metric metric) {
  return metric == Metric::manhattan ? search::Measure::manhattan : search::Measure::squared_euclidean;
}

/// From what was compared to the square of the distance that users know.
float square_distance(Metric metric, float measured);
inline void square_distances(Metric metric, base::Matrix<float>& distances) {
  for (float& distance : distances.elements()) distance = square_distance(metric, distance);
}

/// For inner_product the rows without what adapt_rows has put at their end: |x - (y, c)|^2 orders rows y by
/// -x.y. None for the other metrics, whose rows search as they are. Collective.
std::optional<base::Matrix<float>> asking_rows(const comm::Communicator& comm,
                                               const base::Matrix<float>& rows, Metric metric);

/// What both backends are given.
struct SearchInput {
  const comm::Communicator& comm;
  const data::DistributedMatrix<float>& rows;
  std::span<const base::GlobalIndex> origins;
  const NeighborsConfig& config;
  /// What rows ask for where that is not what they are (inner_product): of the same shape as the rows.
  const base::Matrix<float>* asking = nullptr;

  std::size_t width() const { return base::padded(rows.columns()); }
  const float* row(std::size_t i) const { return rows.local.data() + i * rows.local.stride(); }
  const float* query(std::size_t i) const {
    return asking == nullptr ? row(i) : asking->data() + i * asking->stride();
  }
  base::MatrixView<const float> queries() const {
    return asking == nullptr ? rows.local.view() : asking->view();
  }
  search::Measure measure() const { return measure_of(config.metric); }
};

}  // namespace fleetsne::neighbors
