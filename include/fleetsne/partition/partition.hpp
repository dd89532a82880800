#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/permutation.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::partition {

/// Rows that are left together at the end.
inline constexpr std::size_t leaf_rows = 32;

struct PartitionConfig {
  std::uint64_t seed = 0;
};

/// Rows in working order: near rows share a rank, and within it stand close together: every aligned run of
/// `leaf_rows` rows of a rank is a leaf of a bisection, every run of twice as many its parent, and so on.
struct Partitioned {
  data::DistributedMatrix<float> rows;  ///< N x d, padded
  data::Permutation permutation;        ///< origins of the working rows
};

/// Moves rows so that near ones share a rank: recursive bisection across lines that part few near rows of a
/// sample (the same at any rank count up to 512), cut at exact quantiles by (projection, input index), so
/// that block sizes differ by at most one row. Within a rank the bisection goes on across principal
/// directions.
/// @note Collective. Deterministic for the same ranks. `input` is consumed.
Partitioned partition_rows(const comm::Communicator& comm, data::DistributedMatrix<float>&& input,
                           const PartitionConfig& config, base::Log& log);

}  // namespace fleetsne::partition
