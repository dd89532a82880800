#include "recall.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/search/exact.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::neighbors {

std::vector<std::size_t> sample_rows(const SearchInput& input, std::size_t wanted, base::Random random) {
  const double share = static_cast<double>(wanted) / static_cast<double>(input.rows.rows.total());
  std::vector<std::size_t> sample;
  for (std::size_t i = 0; i < input.origins.size(); ++i) {
    if (share >= 1 || random.uniform(input.origins[i]) < share) sample.push_back(i);
  }
  return sample;
}

namespace {

/// Rows of the sample, as queries.
struct Sample {
  std::vector<std::size_t> rows;
  std::vector<base::GlobalIndex> skip;
  base::Matrix<float> queries;
};

Sample draw(const SearchInput& input) {
  const std::size_t width = input.width();
  Sample sample;
  comm::agree(input.comm, [&] {
    // The hash chooses about so many, with a deviation of the root: six of those more, and 200 do not become
    // 199.
    const auto least = static_cast<double>(std::max<std::size_t>(input.config.recall_sample, 200));
    const auto wanted = static_cast<std::size_t>(least + 6 * std::sqrt(least));
    sample.rows = sample_rows(input, wanted, base::Random(input.config.seed, base::Stream::recall));
    sample.queries = base::padded_matrix<float>(sample.rows.size(), input.rows.columns());
    for (std::size_t q = 0; q < sample.rows.size(); ++q) {
      std::copy_n(input.query(sample.rows[q]), width, sample.queries.data() + q * width);
      sample.skip.push_back(input.origins[sample.rows[q]]);
    }
  });
  return sample;
}

/// found(sample point's place, its row, the exact neighbours): how many of these are there.
template <class Found>
void measure(const SearchInput& input, std::size_t k, NeighborsStats& stats, Found&& found) {
  const Sample sample = draw(input);
  const auto exact = search::exact_neighbors(input.comm, input.rows, input.origins, sample.queries.view(),
                                             sample.skip, k, input.measure());
  std::int64_t totals[2] = {0, static_cast<std::int64_t>(sample.rows.size())};  // found, points
  for (std::size_t q = 0; q < sample.rows.size(); ++q) totals[0] += found(q, sample.rows[q], exact);
  input.comm.all_reduce(std::span<std::int64_t>(totals), comm::Reduction::sum);
  stats.recall_points = totals[1];
  stats.recall =
      static_cast<double>(totals[0]) / static_cast<double>(totals[1] * static_cast<std::int64_t>(k));
}

}  // namespace

void measure_recall(const SearchInput& input, const data::NeighborGraph& graph, NeighborsStats& stats) {
  const std::size_t k = graph.count();
  measure(input, k, stats, [&](std::size_t q, std::size_t row, const search::ExactNeighbors& exact) {
    const float farthest = exact.squared_distances(q, k - 1);
    return std::ranges::count_if(graph.squared_distances.row(row), [&](float d) { return d <= farthest; });
  });
}

NeighborsStats measure_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                                 const data::Permutation& permutation, const data::NeighborGraph& graph,
                                 const NeighborsConfig& config) {
  const auto asking = asking_rows(comm, rows.local, config.metric);
  const SearchInput input{comm, rows, permutation.origins, config, asking ? &*asking : nullptr};
  NeighborsStats stats{.backend = Backend::given};
  measure(input, graph.count(), stats,
          [&](std::size_t q, std::size_t row, const search::ExactNeighbors& exact) {
            std::vector<base::GlobalIndex> named;
            for (const base::LocalIndex column : graph.columns.row(row))
              named.push_back(graph.ghosts.row(column));
            std::ranges::sort(named);
            return std::ranges::count_if(exact.rows.row(q), [&](base::GlobalIndex near) {
              return std::ranges::binary_search(named, near);
            });
          });
  return stats;
}

}  // namespace fleetsne::neighbors
