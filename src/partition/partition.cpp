#include "fleetsne/partition/partition.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include "bisection.hpp"
#include "locality.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace fleetsne::partition {
namespace {

using base::GlobalIndex;

/// Rows as they arrived, with their input index and block.
struct Arrived {
  std::vector<float> values;
  std::vector<GlobalIndex> origins;
  std::vector<std::int32_t> leaves;
};

/// Local rows are counted with 32 bits.
void expect_indexable(const data::RowDistribution& rows, int ranks) {
  const GlobalIndex each = (rows.total() + ranks - 1) / ranks;
  if (each <= base::most_columns) return;
  throw base::InputError(fmt::format(
      "the input has {} rows, {} for each of {} ranks (a rank holds at most {}). Start more ranks",
      rows.total(), each, ranks, base::most_columns));
}

/// Sends every row to the rank of its block. The input is let go as soon as its rows are packed.
Arrived send_home(const comm::Communicator& comm, data::DistributedMatrix<float>&& input,
                  const std::vector<std::int32_t>& leaf_of, std::int32_t leaves_per_rank) {
  const std::size_t n = input.local.rows(), stride = input.local.stride();
  Arrived packed;
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  comm::agree(comm, [&] {
    for (const std::int32_t leaf : leaf_of) ++counts[static_cast<std::size_t>(leaf / leaves_per_rank)];
    std::vector<std::size_t> at(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), at.begin(), std::size_t{0});
    packed.values.resize(n * stride);
    packed.origins.resize(n);
    packed.leaves.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t to = at[static_cast<std::size_t>(leaf_of[i] / leaves_per_rank)]++;
      std::copy_n(input.local.data() + i * stride, stride, packed.values.data() + to * stride);
      packed.origins[to] = input.rows.begin(comm.rank()) + static_cast<GlobalIndex>(i);
      packed.leaves[to] = leaf_of[i];
    }
    input.local = {};
  });
  if (comm.size() == 1) return packed;
  Arrived arrived;
  arrived.values = comm.exchange_rows(std::span<const float>(packed.values), stride, counts).values;
  arrived.origins = comm.exchange(std::span<const GlobalIndex>(packed.origins), counts).values;
  arrived.leaves = comm.exchange(std::span<const std::int32_t>(packed.leaves), counts).values;
  return arrived;
}

}  // namespace

Partitioned partition_rows(const comm::Communicator& comm, data::DistributedMatrix<float>&& input,
                           const PartitionConfig& config, base::Log& log) {
  FLEETSNE_EXPECT(config.shards_per_rank >= 1);
  FLEETSNE_EXPECT(comm.all_equal(config.shards_per_rank));
  const std::int32_t shards = config.shards_per_rank, leaves = shards * comm.size();
  const std::size_t columns = input.columns(), stride = input.local.stride();
  Partitioned result;
  result.permutation.input = input.rows;
  log.begin_phase("partition", input.rows.total());

  comm::agree(comm, [&] { expect_indexable(input.rows, comm.size()); });
  const auto leaf_of = bisect(comm, input, leaves, config.seed);
  const Arrived arrived = send_home(comm, std::move(input), leaf_of, shards);

  comm::agree(comm, [&] {
    const std::size_t n = arrived.origins.size();
    const std::int32_t first_leaf = comm.rank() * shards;
    result.shard_offsets.assign(static_cast<std::size_t>(shards) + 1, 0);
    for (const std::int32_t leaf : arrived.leaves)
      ++result.shard_offsets[static_cast<std::size_t>(leaf - first_leaf) + 1];
    std::partial_sum(result.shard_offsets.begin(), result.shard_offsets.end(), result.shard_offsets.begin());

    std::vector<std::int64_t> order(n);
    std::vector<base::LocalIndex> at(result.shard_offsets.begin(), result.shard_offsets.end() - 1);
    for (std::size_t i = 0; i < n; ++i) {
      order[static_cast<std::size_t>(at[static_cast<std::size_t>(arrived.leaves[i] - first_leaf)]++)] =
          static_cast<std::int64_t>(i);
    }
    const base::MatrixView<const float> rows(arrived.values.data(), n, columns, stride);
    for (std::size_t s = 0; s < static_cast<std::size_t>(shards); ++s) {
      const auto first = static_cast<std::size_t>(result.shard_offsets[s]);
      const auto count = static_cast<std::size_t>(result.shard_offsets[s + 1]) - first;
      order_by_nearness(rows, arrived.origins, std::span(order).subspan(first, count));
    }
    result.rows.local = base::Matrix<float>(n, columns, stride);
    result.permutation.origins.resize(n);
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(n); ++i) {
      const auto from = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
      std::copy_n(arrived.values.data() + from * stride, stride,
                  result.rows.local.data() + static_cast<std::size_t>(i) * stride);
      result.permutation.origins[static_cast<std::size_t>(i)] = arrived.origins[from];
    }
  });
  std::vector<GlobalIndex> counts;
  for (const std::size_t n : comm.all_gather(arrived.origins.size()))
    counts.push_back(static_cast<GlobalIndex>(n));
  result.rows.rows = data::RowDistribution::of_counts(counts);
  result.permutation.working = result.rows.rows;
  log.end_phase();
  return result;
}

}  // namespace fleetsne::partition
