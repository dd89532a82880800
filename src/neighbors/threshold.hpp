#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <array>
#include <cstdint>

namespace fleetsne::neighbors {

/// Finds how few expected neighbours make a rank not worth a search: from sampled points, whose neighbours
/// are known, it collects what a router expected on a rank and what there was.
class Threshold {
 public:
  /// `found` of a point's true neighbours lie on a rank where `expected` were expected.
  void observe(float expected, std::int64_t found) { lost_[bucket(expected)] += found; }
  /// The largest threshold that loses at most the share `loss` of `total` neighbours of all ranks.
  /// Collective.
  float settle(const comm::Communicator& comm, std::int64_t total, double loss);

 private:
  static constexpr int buckets = 320, per_octave = 8, lowest_octave = -24;
  static std::size_t bucket(float expected);
  static float lower_edge(std::size_t bucket);

  std::array<std::int64_t, buckets> lost_{};  // true neighbours by what was expected, in eighths of octaves
};

}  // namespace fleetsne::neighbors
