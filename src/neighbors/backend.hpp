#pragma once

#include "fleetsne/neighbors/neighbors.hpp"

#include <span>

namespace fleetsne::neighbors {

/// What both backends are given.
struct SearchInput {
  const comm::Communicator& comm;
  const data::DistributedMatrix<float>& rows;
  std::span<const base::GlobalIndex> origins;
  const NeighborsConfig& config;

  std::size_t width() const { return base::padded(rows.columns()); }
  const float* row(std::size_t i) const { return rows.local.data() + i * rows.local.stride(); }
};

}  // namespace fleetsne::neighbors
