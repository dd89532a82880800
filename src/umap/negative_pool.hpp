#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include "edge_schedule.hpp"

#include <cstdint>
#include <span>

namespace fleetsne::umap {

/// Positions of points drawn at random from those of all ranks: what negative samples are taken from, by
/// every rank the same. Drawn anew as often as positions are exchanged.
class NegativePool {
 public:
  static constexpr int size_bits = 12;
  static constexpr std::size_t size = std::size_t{1} << size_bits;

  NegativePool(const comm::Communicator& comm, const data::RowDistribution& rows, std::uint64_t seed);

  /// @param positions  local rows x 2
  /// @param draw       number of the exchange
  /// Collective. The same for any number of ranks.
  void refresh(std::span<const float> positions, std::uint32_t draw);

  /// As many coordinates from a place (below size) on as a group has points.
  const float* x(std::size_t place) const { return pool_.data() + place; }
  const float* y(std::size_t place) const { return pool_.data() + stride + place; }

 private:
  static constexpr std::size_t stride = size + group_size;
  const comm::Communicator& comm_;
  base::GlobalIndex begin_, end_, total_;
  base::Random random_;
  base::AlignedVector<float> pool_;  // x of all, then y; the first ones stand again at the end
};

}  // namespace fleetsne::umap
