#include "fleetsne/quality/quality.hpp"

#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/sample.hpp"
#include "fleetsne/search/exact.hpp"

#include <algorithm>
#include <vector>

namespace fleetsne::quality {

using base::GlobalIndex;

double neighbors_kept(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                      base::MatrixView<const float> embedding, const data::Permutation& permutation,
                      std::size_t k, std::size_t sample, std::uint64_t seed) {
  const auto& origins = permutation.origins;
  FLEETSNE_EXPECT(embedding.rows() == origins.size() && rows.local.rows() == origins.size());
  FLEETSNE_EXPECT(k >= 1 && static_cast<GlobalIndex>(k) < rows.rows.total() && sample >= 1);
  std::vector<std::size_t> sampled;
  std::vector<GlobalIndex> skip;
  data::DistributedMatrix<float> plane{rows.rows, {}};
  base::Matrix<float> queries, plane_queries;
  comm::agree(comm, [&] {
    const base::Random random(seed, base::Stream::quality);
    const double share = static_cast<double>(sample) / static_cast<double>(rows.rows.total());
    for (std::size_t i = 0; i < origins.size(); ++i) {
      if (share < 1 && random.uniform(origins[i]) >= share) continue;
      sampled.push_back(i);
      skip.push_back(origins[i]);
    }
    plane.local = base::padded_matrix<float>(embedding.rows(), embedding.columns());
    for (std::size_t i = 0; i < embedding.rows(); ++i)
      std::ranges::copy(embedding.row(i), plane.local.row(i).begin());
    queries = data::pick_rows(rows.local, sampled);
    plane_queries = data::pick_rows(plane.local, sampled);
  });
  const auto near = search::exact_neighbors(comm, rows, origins, queries.view(), skip, k);
  const auto shown = search::exact_neighbors(comm, plane, origins, plane_queries.view(), skip, k);

  std::int64_t totals[2] = {0, static_cast<std::int64_t>(sampled.size() * k)};  // kept, of
  std::vector<GlobalIndex> a(k), b(k), both;
  for (std::size_t q = 0; q < sampled.size(); ++q) {
    std::ranges::copy(near.origins.row(q), a.begin());
    std::ranges::copy(shown.origins.row(q), b.begin());
    std::ranges::sort(a);
    std::ranges::sort(b);
    both.clear();
    std::ranges::set_intersection(a, b, std::back_inserter(both));
    totals[0] += static_cast<std::int64_t>(both.size());
  }
  comm.all_reduce(std::span<std::int64_t>(totals), comm::Reduction::sum);
  // A very small sample may have drawn nobody.
  return totals[1] == 0 ? 0.0 : static_cast<double>(totals[0]) / static_cast<double>(totals[1]);
}

}  // namespace fleetsne::quality
