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

void measure_recall(const SearchInput& input, const data::NeighborGraph& graph, NeighborsStats& stats) {
  const std::size_t k = graph.count(), width = input.width();
  std::vector<std::size_t> sample;
  std::vector<base::GlobalIndex> skip;
  base::Matrix<float> queries;
  comm::agree(input.comm, [&] {
    // The hash chooses about so many, with a deviation of the root: six of those more, and 200 do not become
    // 199.
    const auto least = static_cast<double>(std::max<std::size_t>(input.config.recall_sample, 200));
    const auto wanted = static_cast<std::size_t>(least + 6 * std::sqrt(least));
    sample = sample_rows(input, wanted, base::Random(input.config.seed, base::Stream::recall));
    queries = base::padded_matrix<float>(sample.size(), input.rows.columns());
    for (std::size_t q = 0; q < sample.size(); ++q) {
      std::copy_n(input.row(sample[q]), width, queries.data() + q * width);
      skip.push_back(input.origins[sample[q]]);
    }
  });
  const auto exact = search::exact_neighbors(input.comm, input.rows, input.origins, queries.view(), skip, k);
  std::int64_t totals[2] = {0, static_cast<std::int64_t>(sample.size())};  // found, points
  for (std::size_t q = 0; q < sample.size(); ++q) {
    const float farthest = exact.squared_distances(q, k - 1);
    const auto list = graph.squared_distances.row(sample[q]);
    totals[0] += std::ranges::count_if(list, [&](float d) { return d <= farthest; });
  }
  input.comm.all_reduce(std::span<std::int64_t>(totals), comm::Reduction::sum);
  stats.recall_points = totals[1];
  stats.recall =
      static_cast<double>(totals[0]) / static_cast<double>(totals[1] * static_cast<std::int64_t>(k));
}

}  // namespace fleetsne::neighbors
