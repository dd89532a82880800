#include "exact_backend.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/search/exact.hpp"

#include "neighbor_lists.hpp"
#include "pauses.hpp"

#include <algorithm>
#include <array>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t most_rows = 16384;  // of this rank, in a round

struct Numbers {
  std::int64_t rounds = 0, evaluations = 0, foreign = 0;
};

Parts parts_of(Numbers& numbers, NeighborLists& lists) {
  Parts parts{part_of("numbers", std::span(&numbers, 1))};
  lists.add_parts(parts);
  return parts;
}

Numbers resume(const SearchInput& input, const Watch& watch, NeighborLists& lists) {
  Numbers numbers;
  if (!watch.earlier) return numbers;
  comm::agree(input.comm, [&] {
    watch.earlier(std::array{part_of("numbers", std::span(&numbers, 1))});
    lists.resize_foreign(static_cast<std::size_t>(numbers.foreign));
    watch.earlier(parts_of(numbers, lists));
    lists.number_foreign();
  });
  return numbers;
}

}  // namespace

data::NeighborGraph find_exactly(const SearchInput& input, const Watch& watch, NeighborsStats& stats,
                                 base::Log& log) {
  const std::size_t n = input.rows.local.rows(), k = input.config.count;
  const std::size_t round_rows = std::min(most_rows, input.config.round);
  NeighborLists lists = comm::agree(
      input.comm, [&] { return NeighborLists(input.rows.rows, input.comm.rank(), input.origins, k); });
  const auto rounds = input.comm.all_reduce(static_cast<std::int64_t>((n + round_rows - 1) / round_rows),
                                            comm::Reduction::max);
  Numbers numbers = resume(input, watch, lists);
  stats.distance_evaluations = numbers.evaluations;
  std::int64_t& round = numbers.rounds;
  Pauses pauses(input.comm, watch, [&](int wish) {
    numbers.evaluations = stats.distance_evaluations;
    numbers.foreign = static_cast<std::int64_t>(lists.foreign());
    watch.see(wish, parts_of(numbers, lists));
  });
  log.begin_phase("exact neighbours", rounds);
  for (; round < rounds; ++round) {
    pauses.look();
    const std::size_t first = std::min(n, static_cast<std::size_t>(round) * round_rows);
    const std::size_t count = std::min(round_rows, n - first);
    const auto found = search::exact_neighbors(input.comm, input.rows, input.origins,
                                               input.queries().middle_rows(first, count),
                                               input.origins.subspan(first, count), k, input.measure());
    stats.distance_evaluations += found.distance_evaluations;
    comm::agree(input.comm, [&] {
      std::vector<Candidate> list(k);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < k; ++j) {
          list[j] = {found.squared_distances(i, j), lists.column(found.rows(i, j), found.origins(i, j)),
                     found.origins(i, j)};
        }
        lists.assign(first + i, list);
      }
    });
    log.advance(round + 1);
  }
  pauses.look_at_end();
  log.end_phase();
  stats.distance_evaluations = input.comm.all_reduce(stats.distance_evaluations, comm::Reduction::sum);
  stats.ranks_searched_mean = input.comm.size();
  stats.ranks_searched_max = input.comm.size();
  return comm::agree(input.comm, [&] { return std::move(lists).finish(); });
}

}  // namespace fleetsne::neighbors
