#include "routed_search.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/search/exact.hpp"

#include "recall.hpp"
#include "threshold.hpp"
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>

namespace fleetsne::neighbors {
namespace {

constexpr std::size_t calibration_points = 512;
constexpr double routing_loss = 0.003;  // share of all neighbours that routing may miss
constexpr float first_share = 0.1F;     // a rank that may hold this share of the list is asked first
// What a rank holds in a round if every point of all ranks is sent to it: rows and, twice over, answers.
constexpr std::size_t round_bytes = std::size_t{512} << 20;
constexpr std::size_t least_round = 64;  // points of a rank
constexpr std::uint32_t family_points =
    2 * search::block_rows;  // consecutive: of one branch of the bisection

}  // namespace

/// Of a rank, for a point of a round.
enum class RoutedSearch::Turn : std::uint8_t {
  open,
  now,   // it is asked
  over,  // it has been, or need not be
};

struct RoutedSearch::Request {
  float bound;
  std::uint32_t limit;
  std::uint32_t compared;  // blocks of the asking rank
  std::uint32_t family;    // near points of one rank share it: they are searched for together
};

struct RoutedSearch::Answer {
  float squared_distance;
  base::LocalIndex row;  // of the answering rank
  base::GlobalIndex origin;
};

RoutedSearch::RoutedSearch(const SearchInput& input, const Points& points, const Router& router,
                           RankSearch& own, NeighborDescent* descent, std::span<const std::uint32_t> compared,
                           NeighborLists& lists, base::Log& log)
    : input_(input),
      points_(points),
      router_(router),
      own_(own),
      descent_(descent),
      compared_(compared),
      lists_(lists),
      log_(log),
      wanted_(points.count()),
      ranks_searched_(points.count(), 1) {
  for (std::size_t p = 0; p < points.count(); ++p) {
    wanted_[p] = static_cast<std::uint32_t>(points.wanted(p, input.config.count));
  }
}

bool RoutedSearch::worth_a_search(float expected, float bound, float threshold) const {
  return std::isinf(bound) ? expected > 0 : expected >= threshold;
}

float RoutedSearch::squared(float bound) const {
  return input_.measure() == search::Measure::squared_euclidean ? bound : router_scale_ * bound * bound;
}

void RoutedSearch::measure_router_scale(std::span<const std::size_t> sample) {
  if (input_.measure() == search::Measure::squared_euclidean) return;
  double sums[2] = {0, 0};
  for (const std::size_t point : sample) {
    const auto row = static_cast<std::size_t>(points_.rows[point]);
    for (std::size_t i = 0; i < lists_.count(row); ++i) {
      const Candidate near = lists_.at(row, i);
      const float* other = input_.row(static_cast<std::size_t>(near.column));
      const auto length = static_cast<double>(near.squared_distance);
      sums[0] += static_cast<double>(search::squared_distance(input_.row(row), other, input_.width()));
      sums[1] += length * length;
    }
  }
  input_.comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  router_scale_ = sums[1] > 0 ? static_cast<float>(sums[0] / sums[1]) : 1.0F;
}

void RoutedSearch::calibrate() {
  log_.begin_phase("routing", 1);
  const std::size_t k = input_.config.count, width = input_.width();
  std::vector<std::size_t> sample;  // points
  std::vector<base::GlobalIndex> skip;
  base::Matrix<float> queries;
  comm::agree(input_.comm, [&] {
    const base::Random random(input_.config.seed, base::Stream::routing);
    for (const std::size_t row : sample_rows(input_, calibration_points, random)) {
      const auto at = std::ranges::lower_bound(points_.rows, static_cast<base::LocalIndex>(row));
      if (at == points_.rows.end() || *at != static_cast<base::LocalIndex>(row))
        continue;  // another's duplicate
      sample.push_back(static_cast<std::size_t>(at - points_.rows.begin()));
      skip.push_back(input_.origins[row]);
    }
    queries = base::padded_matrix<float>(sample.size(), input_.rows.columns());
    for (std::size_t q = 0; q < sample.size(); ++q) {
      std::copy_n(input_.query(static_cast<std::size_t>(points_.rows[sample[q]])), width,
                  queries.data() + q * width);
    }
  });
  measure_router_scale(sample);
  const auto exact = search::exact_neighbors(input_.comm, input_.rows, input_.origins, queries.view(), skip,
                                             k, input_.measure());
  calibration_evaluations_ += exact.distance_evaluations;

  Threshold threshold;
  const base::Rank me = input_.comm.rank();
  std::vector<float> expected(router_.ranks());
  std::vector<std::int64_t> here(router_.ranks());
  std::vector<char> known(router_.ranks()), elsewhere(router_.ranks(), 1);
  elsewhere[static_cast<std::size_t>(me)] = 0;
  for (std::size_t q = 0; q < sample.size(); ++q) {
    const std::size_t point = sample[q];
    if (std::isinf(bound(point)) || wanted_[point] == 0) continue;
    std::vector<std::size_t> ranks(k);
    here.assign(here.size(), 0);
    for (std::size_t i = 0; i < k; ++i) {
      ranks[i] = static_cast<std::size_t>(input_.rows.rows.owner(exact.rows(q, i)));
      ++here[ranks[i]];
    }
    // The bound once the ranks in `known` have been asked, too.
    known.assign(known.size(), 0);
    const auto bound_now = [&] {
      std::vector<float> distances;
      const auto row = static_cast<std::size_t>(points_.rows[point]);
      for (std::size_t i = 0; i < lists_.count(row); ++i)
        distances.push_back(lists_.at(row, i).squared_distance);
      for (std::size_t i = 0; i < k; ++i) {
        if (known[ranks[i]] != 0) distances.push_back(exact.squared_distances(q, i));
      }
      std::ranges::nth_element(distances, distances.begin() + wanted_[point] - 1);
      return distances[wanted_[point] - 1];
    };
    const auto expect_at = [&](float bound) {
      const Router::Query query{queries.data() + q * width, squared(bound)};
      calibration_evaluations_ +=
          router_.expect(router_work_.mine(), std::span(&query, 1), elsewhere, expected);
    };
    const auto observe = [&](auto&& concerned) {
      for (std::size_t r = 0; r < here.size(); ++r) {
        if (static_cast<base::Rank>(r) != me && concerned(r)) threshold.observe(expected[r], here[r]);
      }
    };
    expect_at(bound(point));
    for (std::size_t r = 0; r < here.size(); ++r) {
      if (static_cast<base::Rank>(r) != me && expected[r] >= first_share * static_cast<float>(wanted_[point]))
        known[r] = 1;
    }
    observe([&](std::size_t r) { return known[r] != 0; });
    expect_at(bound_now());
    observe([&](std::size_t r) { return known[r] == 0; });
  }
  threshold_ = threshold.settle(input_.comm, static_cast<std::int64_t>(sample.size() * k), routing_loss);
  // However well the sample's clusters lie apart, who may have this share of the list is asked.
  threshold_ = std::min(threshold_, first_share / 2 * static_cast<float>(k));
  log_.end_phase();
}

void RoutedSearch::look_around(std::size_t first, std::size_t count, bool early, std::span<Turn> turns) {
  const std::size_t ranks = router_.ranks();
  Router::Query queries[search::block_rows];
  for (std::size_t q = 0; q < count; ++q) {
    queries[q] = {input_.query(static_cast<std::size_t>(points_.rows[first + q])), squared(bound(first + q))};
    if (wanted_[first + q] == 0) std::ranges::fill(turns.subspan(q * ranks, ranks), Turn::over);
  }
  std::vector<char> open(turns.size());
  std::ranges::transform(turns, open.begin(), [](Turn turn) -> char { return turn == Turn::open ? 1 : 0; });
  if (std::ranges::find(open, char{1}) == open.end()) return;
  std::vector<float> expected(turns.size());
  routing_evaluations_ += router_.expect(router_work_.mine(), std::span(queries, count), open, expected);
  for (std::size_t q = 0; q < count; ++q) {
    const auto turn = turns.subspan(q * ranks, ranks);
    const auto worth = [&](std::size_t r, float threshold) {
      return turn[r] == Turn::open && worth_a_search(expected[q * ranks + r], queries[q].bound, threshold);
    };
    const float many = std::max(threshold_, first_share * static_cast<float>(wanted_[first + q]));
    bool later = false;  // the bound will be nearer, so the others are looked at once more
    for (std::size_t r = 0; early && r < ranks; ++r) later = later || worth(r, many);
    for (std::size_t r = 0; r < ranks; ++r) {
      if (worth(r, later ? many : threshold_)) {
        turn[r] = Turn::now;
      } else if (!later) {
        turn[r] = Turn::over;
      }
    }
  }
}

RoutedSearch::Requests RoutedSearch::choose_ranks(std::size_t first, std::size_t count, bool early,
                                                  std::span<Turn> turns) {
  const base::Stopwatch watch;
  const std::size_t ranks = router_.ranks();
  const std::size_t pieces = (count + search::block_rows - 1) / search::block_rows;
  base::parallel_for(static_cast<std::int64_t>(pieces), [&](std::int64_t piece) {
    const std::size_t begin = static_cast<std::size_t>(piece) * search::block_rows;
    const std::size_t here = std::min(search::block_rows, count - begin);
    look_around(first + begin, here, early, turns.subspan(begin * ranks, here * ranks));
  });
  routing_seconds_ += watch.seconds();
  Requests requests(ranks);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t r = 0; r < ranks; ++r) {
      Turn& turn = turns[i * ranks + r];
      if (turn != Turn::now) continue;
      turn = Turn::over;
      ++ranks_searched_[first + i];
      requests[r].push_back(static_cast<std::uint32_t>(first + i));
    }
  }
  return requests;
}

void RoutedSearch::search_other_ranks(const std::function<void()>& between) {
  const std::size_t n = points_.count(), ranks = static_cast<std::size_t>(input_.comm.size());
  if (ranks == 1) return;
  const std::size_t bytes_each =
      ranks * (input_.width() * sizeof(float) + input_.config.count * (sizeof(Candidate) + sizeof(Answer)));
  const std::size_t round = std::clamp(round_bytes / bytes_each, least_round, input_.config.round);
  const auto rounds =
      input_.comm.all_reduce(static_cast<std::int64_t>((n + round - 1) / round), comm::Reduction::max);
  log_.begin_phase("neighbours on other ranks", rounds);
  std::vector<Turn> turns;
  for (; rounds_ < rounds; ++rounds_) {
    between();
    const std::size_t first = std::min(n, static_cast<std::size_t>(rounds_) * round),
                      count = std::min(round, n - first);
    turns.assign(count * ranks, Turn::open);
    for (std::size_t i = 0; i < count; ++i)
      turns[i * ranks + static_cast<std::size_t>(input_.comm.rank())] = Turn::over;
    for (const bool early : {true, false}) {
      ask(comm::agree(input_.comm, [&] { return choose_ranks(first, count, early, turns); }));
    }
    log_.advance(rounds_ + 1);
  }
  log_.end_phase();
}

RoutedSearch::Progress RoutedSearch::progress() const {
  return {.rounds = rounds_,
          .calibration_evaluations = calibration_evaluations_,
          .routing_evaluations = routing_evaluations_,
          .routing_seconds = routing_seconds_,
          .threshold = threshold_,
          .router_scale = router_scale_};
}

void RoutedSearch::resume(const Progress& progress) {
  rounds_ = progress.rounds;
  calibration_evaluations_ = progress.calibration_evaluations;
  routing_evaluations_ = progress.routing_evaluations;
  routing_seconds_ = progress.routing_seconds;
  threshold_ = progress.threshold;
  router_scale_ = progress.router_scale;
}

void RoutedSearch::ask(const Requests& requests) {
  const std::size_t width = input_.width();
  std::vector<std::size_t> counts;
  std::vector<std::uint32_t> sent;
  std::vector<Request> packed;
  std::vector<float> rows;
  for (const auto& of_rank : requests) {
    counts.push_back(of_rank.size());
    for (const std::uint32_t p : of_rank) {
      sent.push_back(p);
      packed.push_back({bound(p), wanted_[p], compared_[p / search::block_rows], p / family_points});
      const float* row = input_.query(static_cast<std::size_t>(points_.rows[p]));
      rows.insert(rows.end(), row, row + width);
    }
  }
  const auto asked = input_.comm.exchange(std::span<const Request>(packed), counts);
  const auto asked_rows = input_.comm.exchange_rows(std::span<const float>(rows), width, counts);

  // What this rank has for the others, and how much of it each request gets.
  std::vector<Answer> answers;
  std::vector<std::uint32_t> lengths;
  std::vector<std::size_t> answer_counts;
  comm::agree(input_.comm, [&] {
    std::vector<std::vector<Candidate>> found(asked.values.size());
    answer(asked.values, asked_rows.values.data(), found);
    std::size_t i = 0;
    for (const std::size_t of_rank : asked.counts) {
      const std::size_t before = answers.size();
      for (const std::size_t end = i + of_rank; i < end; ++i) {
        lengths.push_back(static_cast<std::uint32_t>(found[i].size()));
        for (const Candidate& c : found[i]) answers.push_back({c.squared_distance, c.column, c.origin});
        found[i] = {};
      }
      answer_counts.push_back(answers.size() - before);
    }
  });
  const auto back_lengths =
      input_.comm.exchange(std::span<const std::uint32_t>(lengths), asked.counts).values;
  const auto back = input_.comm.exchange(std::span<const Answer>(answers), answer_counts);

  comm::agree(input_.comm, [&] {
    std::vector<Candidate> candidates;
    std::size_t at = 0, request = 0;
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
      const base::GlobalIndex begin = input_.rows.rows.begin(static_cast<base::Rank>(rank));
      for (const std::size_t end = request + counts[rank]; request < end; ++request) {
        const std::uint32_t p = sent[request];
        const float limit = bound(p);
        candidates.clear();
        for (std::uint32_t i = 0; i < back_lengths[request]; ++i, ++at) {
          const Answer& a = back.values[at];
          if (a.squared_distance >= limit) continue;
          candidates.push_back({a.squared_distance, lists_.column(begin + a.row, a.origin), a.origin});
        }
        lists_.merge(static_cast<std::size_t>(points_.rows[p]), candidates, wanted_[p]);
      }
    }
  });
}

void RoutedSearch::answer(std::span<const Request> requests, const float* rows,
                          std::vector<std::vector<Candidate>>& found) {
  const std::size_t width = input_.width();
  std::vector<std::pair<std::size_t, std::size_t>> groups;  // first request, how many
  for (std::size_t first = 0, last = 0; first < requests.size(); first = last) {
    while (last < requests.size() && last - first < search::block_rows &&
           requests[last].family == requests[first].family)
      ++last;
    groups.emplace_back(first, last - first);
  }
  base::parallel_for(static_cast<std::int64_t>(groups.size()), [&](std::int64_t g) {
    const auto [first, count] = groups[static_cast<std::size_t>(g)];
    RankSearch::Query queries[search::block_rows];
    std::vector<Candidate> lists[search::block_rows];
    for (std::size_t q = 0; q < count; ++q) {
      const Request& request = requests[first + q];
      queries[q] = {rows + (first + q) * width, request.limit, RankSearch::none, request.bound};
    }
    own_.find(std::span(queries, count), std::span(lists, count), {.elsewhere = requests[first].compared});
    for (std::size_t q = 0; q < count; ++q) {
      if (descent_ != nullptr)
        descent_->complete(queries[q].row, queries[q].bound, queries[q].limit, lists[q]);
      found[first + q] = std::move(lists[q]);
    }
  });
}

}  // namespace fleetsne::neighbors
