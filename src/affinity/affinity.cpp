#include "fleetsne/affinity/affinity.hpp"

#include "fleetsne/affinity/bandwidth.hpp"
#include "fleetsne/affinity/symmetrize.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>

namespace fleetsne::affinity {

data::SparseMatrix perplexity_affinities(const comm::Communicator& comm, data::NeighborGraph&& graph,
                                         double perplexity, base::Log& log) {
  const auto rows = static_cast<std::int64_t>(graph.columns.rows());
  constexpr std::int64_t piece = 16384,
                         block = 256;  // rows between two looks at the clock; rows for a thread
  log.begin_phase("affinities", rows);
  comm::agree(comm, [&] {
    for (std::int64_t first = 0; first < rows; first += piece) {
      const std::int64_t last = std::min(rows, first + piece);
      base::parallel_for((last - first + block - 1) / block, [&](std::int64_t b) {
        const std::int64_t begin = first + b * block;
        for (std::int64_t i = begin; i < std::min(last, begin + block); ++i)
          conditional_affinities(graph.squared_distances.row(static_cast<std::size_t>(i)), perplexity);
      });
      log.advance(last);
    }
  });
  log.end_phase();
  log.begin_phase("symmetrise", 1);
  data::SparseMatrix result = symmetrize(comm, std::move(graph));
  log.end_phase();
  return result;
}

}  // namespace fleetsne::affinity
