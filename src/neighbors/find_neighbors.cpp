#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include "exact_backend.hpp"
#include "hnsw_backend.hpp"
#include "recall.hpp"
#include <fmt/format.h>

namespace fleetsne::neighbors {
namespace {

// Up to here all pairs are compared sooner than an index is built, and there is nothing to miss.
constexpr base::GlobalIndex exact_rows = 5000;

Backend choose(const NeighborsConfig& config, base::GlobalIndex rows) {
  if (config.backend != Backend::automatic) return config.backend;
  return rows <= exact_rows ? Backend::exact : Backend::hnsw;
}

void check(const SearchInput& input) {
  const auto rows = input.rows.rows.total();
  const auto k = static_cast<base::GlobalIndex>(input.config.count);
  if (k < 1 || k >= rows) {
    throw base::UsageError(fmt::format(
        "{} neighbours were asked for (each of the {} rows has at most {} others). Choose fewer with "
        "--neighbors, or a lower perplexity",
        k, rows, rows - 1));
  }
  FLEETSNE_EXPECT(input.config.round >= 64);
  FLEETSNE_EXPECT(input.origins.size() == input.rows.local.rows());
  FLEETSNE_EXPECT(input.rows.local.rows() == 0 || input.rows.local.stride() == input.width());
}

}  // namespace

Neighbors find_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                         const data::Permutation& permutation, const NeighborsConfig& config, base::Log& log,
                         const Watch& watch) {
  const auto asking = asking_rows(comm, rows.local, config.metric);
  const SearchInput input{comm, rows, permutation.origins, config, asking ? &*asking : nullptr};
  comm::agree(comm, [&] { check(input); });
  Neighbors result;
  result.stats.backend = choose(config, rows.rows.total());
  result.graph = result.stats.backend == Backend::exact ? find_exactly(input, watch, result.stats, log)
                                                        : find_by_hnsw(input, watch, result.stats, log);
  measure_recall(input, result.graph, result.stats);
  log.info(fmt::format("recall {:.4f} (measured on {} points), {:.2f} ranks searched per point",
                       result.stats.recall, result.stats.recall_points, result.stats.ranks_searched_mean));
  square_distances(config.metric, result.graph.squared_distances);
  return result;
}

}  // namespace fleetsne::neighbors
