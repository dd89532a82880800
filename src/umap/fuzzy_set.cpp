#include "fleetsne/umap/fuzzy_set.hpp"

#include "union.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::umap {
namespace {

constexpr double tolerance = 1e-6, least_share = 1e-3;
constexpr int most_steps = 100;

/// 1 / sigma such that the sum of exp(-d / sigma) over the distances beyond rho, and 1 for each of the
/// others, is `wanted`. The sum falls in 1 / sigma and is convex, so Newton's steps from 0 never pass it.
/// Where too many are at rho there is no such sigma: what is returned is then too large for any to count.
double inverse_width(std::span<const float> distances, double rho, double wanted) {
  double inverse = 0;
  for (int step = 0; step < most_steps; ++step) {
    double sum = 0, slope = 0;
    for (const float distance : distances) {
      const double beyond = std::max(0.0, static_cast<double>(distance) - rho);
      const double term = std::exp(-beyond * inverse);
      sum += term;
      slope += beyond * term;
    }
    if (sum - wanted < tolerance) break;
    if (!(slope > 0)) return HUGE_VAL;
    inverse += (sum - wanted) / slope;
  }
  return inverse;
}

/// Of all points to their neighbours and themselves. Summed in whole parts of the largest, so that the order,
/// and with it the number of ranks and threads, does not matter. Collective.
double mean_distance(const comm::Communicator& comm, const data::NeighborGraph& graph) {
  constexpr double parts = 1 << 24;
  float largest = 0;
  for (std::size_t i = 0; i < graph.columns.rows(); ++i)
    largest = std::max(largest, graph.squared_distances(i, graph.count() - 1));
  largest = comm.all_reduce(largest, comm::Reduction::max);
  if (largest == 0) return 0;
  const double unit = std::sqrt(static_cast<double>(largest)) / parts;
  const auto local = static_cast<std::int64_t>(graph.columns.rows());
  std::int64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
  for (std::int64_t i = 0; i < local; ++i) {
    for (const float squared : graph.squared_distances.row(static_cast<std::size_t>(i)))
      sum += static_cast<std::int64_t>(std::sqrt(static_cast<double>(squared)) / unit);
  }
  sum = comm.all_reduce(sum, comm::Reduction::sum);
  const double points = static_cast<double>(graph.rows.total()), count = static_cast<double>(graph.count());
  return static_cast<double>(sum) * unit / (points * (count + 1));
}

}  // namespace

void memberships(std::span<float> values, double mean_all) {
  double rho = 0, total = 0;
  for (float& value : values) {
    value = std::sqrt(std::max(value, 0.F));
    if (rho == 0) rho = static_cast<double>(value);
    total += static_cast<double>(value);
  }
  const double count = static_cast<double>(values.size()) + 1;
  const double width = 1 / inverse_width(values, rho, std::log2(count));
  const double sigma = std::max(width, least_share * (rho > 0 ? total / count : mean_all));
  for (float& value : values) {
    const double beyond = static_cast<double>(value) - rho;
    value = beyond <= 0 || sigma == 0 ? 1.F : static_cast<float>(std::exp(-beyond / sigma));
  }
}

data::WeightedGraph fuzzy_set(const comm::Communicator& comm, data::NeighborGraph&& consumed,
                              base::Log& log) {
  data::NeighborGraph graph = std::move(consumed);
  const auto local = static_cast<std::int64_t>(graph.columns.rows());
  log.begin_phase("fuzzy set", 1);
  const double mean_all = mean_distance(comm, graph);
#pragma omp parallel for schedule(dynamic, 1024)
  for (std::int64_t i = 0; i < local; ++i)
    memberships(graph.squared_distances.row(static_cast<std::size_t>(i)), mean_all);
  data::WeightedGraph result = unite_with_transpose(comm, std::move(graph));
  log.end_phase();
  return result;
}

}  // namespace fleetsne::umap
