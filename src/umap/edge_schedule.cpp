#include "edge_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fleetsne::umap {
namespace {

constexpr base::LocalIndex nobody = -1;
constexpr std::uint32_t golden = 2654435761U;  // 2^32 over the golden ratio

}  // namespace

EdgeSchedule::EdgeSchedule(const comm::Communicator& comm, const data::WeightedGraph& graph, int epochs)
    : begin_(graph.rows.begin(comm.rank())), offsets_(graph.local_rows() + 1, 0) {
  const auto weights = std::span(graph.weights);
  float largest = weights.empty() ? 0 : *std::ranges::max_element(weights);
  largest = comm.all_reduce(largest, comm::Reduction::max);
  const float least = largest / static_cast<float>(epochs);
  std::int64_t rates = 0;
  for (std::size_t i = 0; i < graph.local_rows(); ++i) {
    const auto of_row = graph.row_weights(i);
    for (std::size_t j = 0; j < of_row.size(); ++j) {
      if (of_row[j] < least) continue;
      const double share = static_cast<double>(of_row[j]) / static_cast<double>(largest);
      columns_.push_back(graph.row_columns(i)[j]);
      rates_.push_back(static_cast<std::uint32_t>(std::min(share * 0x1p32, 0x1p32 - 1)));
      rates += rates_.back() >> 8;
    }
    offsets_[i + 1] = static_cast<std::int64_t>(columns_.size());
  }
  rates = comm.all_reduce(rates, comm::Reduction::sum);
  samples_of_point_ = static_cast<double>(rates) * 0x1p-24 / static_cast<double>(graph.rows.total());
}

void EdgeSchedule::sample(std::size_t row, int epoch, std::vector<base::LocalIndex>& columns) const {
  const auto global = static_cast<std::uint32_t>(begin_ + static_cast<base::GlobalIndex>(row));
  // Rows have clocks of their own, and edges of different rates drift apart on them.
  const std::uint32_t clock = static_cast<std::uint32_t>(epoch) + (global * golden >> 8);
  const auto first = static_cast<std::size_t>(offsets_[row]),
             last = static_cast<std::size_t>(offsets_[row + 1]);
  std::size_t count = columns.size();
  columns.resize(count + (last - first));
  for (std::size_t e = first; e < last; ++e) {
    columns[count] = columns_[e];
    count += clock * rates_[e] < rates_[e];
  }
  columns.resize(count);
}

void EdgeSchedule::plan(std::size_t block, int epoch, BlockPlan& plan) const {
  const std::size_t begin = block * block_size, count = std::min(block_size, rows() - begin);
  std::array<std::uint32_t, block_size + 1> ends{};
  std::array<std::uint32_t, block_size> order;
  plan.sampled.clear();
  for (std::size_t i = 0; i < count; ++i) {
    sample(begin + i, epoch, plan.sampled);
    ends[i + 1] = static_cast<std::uint32_t>(plan.sampled.size());
  }
  const auto samples = [&](std::uint32_t i) { return ends[i + 1] - ends[i]; };
  std::iota(order.begin(), order.begin() + count, 0U);
  std::sort(order.begin(), order.begin() + count, [&](std::uint32_t a, std::uint32_t b) {
    return samples(a) != samples(b) ? samples(a) > samples(b) : a < b;
  });
  plan.groups.clear();
  plan.rounds.clear();
  for (std::size_t first = 0; first < count; first += group_size) {
    Group group{
        .rows = {}, .rounds = samples(order[first]), .first = static_cast<std::uint32_t>(plan.rounds.size())};
    if (group.rounds == 0) break;
    plan.rounds.resize(plan.rounds.size() + group.rounds);
    for (std::size_t lane = 0; lane < group_size; ++lane) {
      const bool idle = first + lane >= count;
      const std::uint32_t i = order[idle ? first : first + lane];
      group.rows[lane] = idle ? nobody : static_cast<base::LocalIndex>(begin + i);
      for (std::uint32_t round = 0; round < group.rounds; ++round)
        plan.rounds[group.first + round][lane] =
            idle || round >= samples(i) ? nobody : plan.sampled[ends[i] + round];
    }
    plan.groups.push_back(group);
  }
}

}  // namespace fleetsne::umap
