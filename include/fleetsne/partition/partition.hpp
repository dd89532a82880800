#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/permutation.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::partition {

struct PartitionConfig {
  int shards_per_rank =
      1;  ///< blocks that each rank's rows are cut into (one index each); the same on all ranks
  std::uint64_t seed = 0;
};

/// Rows in working order: near rows share a rank, and within it a shard, and within that stand close
/// together.
struct Partitioned {
  data::DistributedMatrix<float> rows;          ///< N x d, padded
  data::Permutation permutation;                ///< origins of the working rows
  std::vector<base::LocalIndex> shard_offsets;  ///< shards_per_rank + 1: local rows of each shard
};

/// Moves rows so that near ones share a rank: recursive bisection on principal directions (computed from a
/// sample that is the same at any rank count), cut at exact quantiles by (projection, input index), so that
/// block sizes differ by at most one row per shard.
/// @note Collective. Deterministic for the same ranks. `input` is consumed.
Partitioned partition_rows(const comm::Communicator& comm, data::DistributedMatrix<float>&& input,
                           const PartitionConfig& config, base::Log& log);

}  // namespace fleetsne::partition
