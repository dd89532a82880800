#include "intruders.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace fleetsne::quality {
namespace {

using base::GlobalIndex;

constexpr std::size_t round_queries = 4096;  // of all ranks together
constexpr std::size_t tile_rows = 64;        // rows that stay in the cache while several queries pass

/// A row that is near in the embedding, as far as it is in the data.
struct Near {
  float squared_distance;
  GlobalIndex row;
  friend bool operator<(const Near& a, const Near& b) {
    return std::tie(a.squared_distance, a.row) < std::tie(b.squared_distance, b.row);
  }
};

/// How many rows come before each of a query's near ones, which ascend.
class Counter {
 public:
  Counter(std::span<const Near> near, GlobalIndex self, std::span<std::int64_t> counts)
      : near_(near), self_(self), counts_(counts) {}
  void see(const Near& row) {
    if (row.row == self_) return;
    for (std::size_t i = near_.size(); i > 0 && row < near_[i - 1]; --i) ++counts_[i - 1];
  }

 private:
  std::span<const Near> near_;
  GlobalIndex self_;
  std::span<std::int64_t> counts_;
};

/// Adds this rank's rows to the counts of the queries [first, last). @param counts  queries x k
void count_rows(const data::DistributedMatrix<float>& rows, GlobalIndex begin,
                base::MatrixView<const float> queries, std::span<const GlobalIndex> self,
                std::span<const Near> near, std::size_t k, std::span<std::int64_t> counts) {
  constexpr std::size_t together = 16;
  const auto blocks = static_cast<std::int64_t>((queries.rows() + together - 1) / together);
  const std::size_t width = queries.stride();
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t b = 0; b < blocks; ++b) {
    const std::size_t first = static_cast<std::size_t>(b) * together;
    const std::size_t last = std::min(queries.rows(), first + together);
    for (std::size_t tile = 0; tile < rows.local.rows(); tile += tile_rows) {
      const std::size_t tile_end = std::min(rows.local.rows(), tile + tile_rows);
      for (std::size_t q = first; q < last; ++q) {
        Counter counter(near.subspan(q * k, k), self[q], counts.subspan(q * k, k));
        const float* query = queries.row(q).data();
        for (std::size_t i = tile; i < tile_end; ++i)
          counter.see({search::squared_distance(query, rows.local.row(i).data(), width),
                       begin + static_cast<GlobalIndex>(i)});
      }
    }
  }
}

/// The near rows of this rank's queries with their distances in the data, ascending. Collective.
std::vector<Near> measured(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                           base::MatrixView<const float> queries, std::span<const GlobalIndex> near) {
  const std::size_t width = base::padded(rows.columns());
  const auto found =
      data::ask_owners<float>(comm, rows.rows, near, width, [&](std::size_t i, std::span<float> out) {
        std::copy_n(rows.local.row(i).data(), width, out.begin());
      });
  std::vector<Near> result(near.size());
  const std::size_t k = queries.rows() == 0 ? 0 : near.size() / queries.rows();
  for (std::size_t i = 0; i < near.size(); ++i)
    result[i] = {search::squared_distance(queries.row(i / k).data(), found.data() + i * width, width),
                 near[i]};
  for (std::size_t q = 0; q < queries.rows(); ++q)
    std::sort(result.begin() + static_cast<std::ptrdiff_t>(q * k),
              result.begin() + static_cast<std::ptrdiff_t>((q + 1) * k));
  return result;
}

}  // namespace

std::int64_t intruder_ranks(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                            base::MatrixView<const float> queries, std::span<const GlobalIndex> self,
                            const base::Matrix<GlobalIndex>& near) {
  const std::size_t k = near.columns(), width = base::padded(rows.columns());
  const std::size_t block = std::max<std::size_t>(16, round_queries / static_cast<std::size_t>(comm.size()));
  const std::int64_t rounds =
      comm.all_reduce(static_cast<std::int64_t>((queries.rows() + block - 1) / block), comm::Reduction::max);
  std::int64_t penalty = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::size_t first = std::min(static_cast<std::size_t>(round) * block, queries.rows());
    const std::size_t count = std::min(block, queries.rows() - first);
    const auto mine = queries.middle_rows(first, count);
    const std::vector<Near> my_near =
        measured(comm, rows, mine, near.elements().subspan(first * k, count * k));
    std::vector<float> packed(count * width, 0.0F);
    for (std::size_t q = 0; q < count; ++q) std::ranges::copy(mine.row(q), packed.data() + q * width);
    const auto all_queries = comm.all_gather(std::span<const float>(packed));
    const auto all_self = comm.all_gather(self.subspan(first, count)).values;
    const auto all_near = comm.all_gather(std::span<const Near>(my_near)).values;
    std::vector<std::int64_t> counts(all_near.size(), 0);
    count_rows(rows, rows.rows.begin(comm.rank()),
               {all_queries.values.data(), all_self.size(), rows.columns(), width}, all_self, all_near, k,
               counts);
    comm.all_reduce(std::span(counts), comm::Reduction::sum);
    for (const std::int64_t before : counts)
      penalty += std::max<std::int64_t>(0, before + 1 - static_cast<std::int64_t>(k));
  }
  return penalty;  // of the queries of all ranks, on every one
}

}  // namespace fleetsne::quality
