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

/// Rows as they arrived, with their input index.
struct Arrived {
  std::vector<float> values;
  std::vector<GlobalIndex> origins;
};

/// Local rows are counted with 32 bits.
void expect_indexable(const data::RowDistribution& rows, int ranks) {
  const GlobalIndex each = (rows.total() + ranks - 1) / ranks;
  if (each <= base::most_columns) return;
  throw base::InputError(fmt::format(
      "the input has {} rows, {} for each of {} ranks (a rank holds at most {}). Start more ranks",
      rows.total(), each, ranks, base::most_columns));
}

/// Sends every row to its rank. The input is let go as soon as its rows are packed.
Arrived send_home(const comm::Communicator& comm, data::DistributedMatrix<float>&& input,
                  const std::vector<std::int32_t>& rank_of) {
  const std::size_t n = input.local.rows(), stride = input.local.stride();
  Arrived packed;
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  comm::agree(comm, [&] {
    for (const std::int32_t rank : rank_of) ++counts[static_cast<std::size_t>(rank)];
    std::vector<std::size_t> at(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), at.begin(), std::size_t{0});
    packed.values.resize(n * stride);
    packed.origins.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t to = at[static_cast<std::size_t>(rank_of[i])]++;
      std::copy_n(input.local.data() + i * stride, stride, packed.values.data() + to * stride);
      packed.origins[to] = input.rows.begin(comm.rank()) + static_cast<GlobalIndex>(i);
    }
    input.local = {};
  });
  if (comm.size() == 1) return packed;
  Arrived arrived;
  arrived.values = comm.exchange_rows(std::span<const float>(packed.values), stride, counts).values;
  arrived.origins = comm.exchange(std::span<const GlobalIndex>(packed.origins), counts).values;
  return arrived;
}

}  // namespace

Partitioned partition_rows(const comm::Communicator& comm, data::DistributedMatrix<float>&& input,
                           const PartitionConfig& config, base::Log& log) {
  const std::size_t columns = input.columns(), stride = input.local.stride();
  Partitioned result;
  result.permutation.input = input.rows;
  log.begin_phase("partition", input.rows.total());

  comm::agree(comm, [&] { expect_indexable(input.rows, comm.size()); });
  const auto rank_of = bisect(comm, input, comm.size(), config.seed);
  const Arrived arrived = send_home(comm, std::move(input), rank_of);

  comm::agree(comm, [&] {
    const std::size_t n = arrived.origins.size();
    std::vector<std::int64_t> order(n);
    std::iota(order.begin(), order.end(), std::int64_t{0});
    order_by_nearness({arrived.values.data(), n, columns, stride}, arrived.origins, order);
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
