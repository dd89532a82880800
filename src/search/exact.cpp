#include "fleetsne/search/exact.hpp"

#include "fleetsne/comm/agreement.hpp"

#include "local_search.hpp"

#include <algorithm>
#include <tuple>

namespace fleetsne::search {
namespace {

constexpr std::size_t round_bytes = std::size_t{64} << 20;  // rows and lists in flight, per rank and round
constexpr std::size_t round_queries = 8192;                 // of all ranks together

/// A row found, as it travels back to the query's rank.
struct Answer {
  float squared_distance;
  std::uint32_t query;  // number in the asking rank's block
  base::GlobalIndex row, origin;
  friend bool operator<(const Answer& a, const Answer& b) {
    return std::tie(a.query, a.squared_distance, a.origin) < std::tie(b.query, b.squared_distance, b.origin);
  }
};

std::size_t queries_per_round(int ranks, std::size_t width, std::size_t k) {
  const std::size_t bytes_each = width * sizeof(float) + k * (sizeof(Answer) + sizeof(Found));
  const std::size_t all = std::min(round_queries, round_bytes / bytes_each);
  return std::max<std::size_t>(all / static_cast<std::size_t>(ranks), 16);
}

/// Answers of this rank's rows to a round's queries, by asking rank.
struct Answers {
  std::vector<Answer> values;
  std::vector<std::size_t> counts;
};

Answers answer(const LocalSearch& search, base::GlobalIndex first_row, const comm::Gathered<float>& rows,
               std::span<const base::GlobalIndex> skip, std::size_t columns, std::size_t k) {
  const std::size_t width = base::padded(columns);
  const base::MatrixView<const float> queries(rows.values.data(), rows.values.size() / width, columns, width);
  const auto best = search.nearest(queries, skip, k);
  Answers answers;
  std::size_t q = 0;
  for (const std::size_t elements : rows.counts) {
    const std::size_t before = answers.values.size();
    for (std::size_t i = 0; i < elements / width; ++i, ++q) {
      for (const Found& found : best[q]) {
        answers.values.push_back(
            {found.squared_distance, static_cast<std::uint32_t>(i), first_row + found.row, found.origin});
      }
    }
    answers.counts.push_back(answers.values.size() - before);
  }
  return answers;
}

}  // namespace

ExactNeighbors exact_neighbors(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                               std::span<const base::GlobalIndex> origins,
                               base::MatrixView<const float> queries, std::span<const base::GlobalIndex> skip,
                               std::size_t k, Measure measure) {
  FLEETSNE_EXPECT(origins.size() == rows.local.rows() && skip.size() == queries.rows());
  FLEETSNE_EXPECT(k >= 1 && static_cast<base::GlobalIndex>(k) <= rows.rows.total());
  const std::size_t width = base::padded(rows.columns());
  const std::size_t block = queries_per_round(comm.size(), width, k);
  const std::int64_t rounds =
      comm.all_reduce(static_cast<std::int64_t>((queries.rows() + block - 1) / block), comm::Reduction::max);

  ExactNeighbors result;
  auto search = comm::agree(comm, [&] {
    result.rows = base::Matrix<base::GlobalIndex>(queries.rows(), k);
    result.origins = base::Matrix<base::GlobalIndex>(queries.rows(), k);
    result.squared_distances = base::Matrix<float>(queries.rows(), k);
    return LocalSearch(rows.local, origins, measure);
  });
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::size_t first = std::min(static_cast<std::size_t>(round) * block, queries.rows());
    const std::size_t count = std::min(block, queries.rows() - first);
    base::AlignedVector<float> packed(count * width, 0.0F);
    for (std::size_t q = 0; q < count; ++q)
      std::ranges::copy(queries.row(first + q), packed.data() + q * width);
    const auto all_queries = comm.all_gather(std::span<const float>(packed));
    const auto all_skip = comm.all_gather(skip.subspan(first, count));
    const Answers mine = comm::agree(comm, [&] {
      return answer(search, rows.rows.begin(comm.rank()), all_queries, all_skip.values, rows.columns(), k);
    });
    result.distance_evaluations += static_cast<std::int64_t>(all_skip.values.size() * rows.local.rows());
    auto answers = comm.exchange(std::span<const Answer>(mine.values), mine.counts).values;
    std::sort(answers.begin(), answers.end());
    auto at = answers.begin();
    for (std::size_t q = 0; q < count; ++q) {
      for (std::size_t i = 0; i < k; ++i, ++at) {
        FLEETSNE_ENSURE(at != answers.end() && at->query == q);
        result.rows(first + q, i) = at->row;
        result.origins(first + q, i) = at->origin;
        result.squared_distances(first + q, i) = at->squared_distance;
      }
      while (at != answers.end() && at->query == q) ++at;
    }
  }
  return result;
}

}  // namespace fleetsne::search
