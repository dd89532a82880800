#include "fleetsne/umap/layout.hpp"

#include "fleetsne/base/random.hpp"
#include "fleetsne/base/sum.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ghosts.hpp"

#include "edge_schedule.hpp"
#include "moves.hpp"
#include "negative_pool.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace fleetsne::umap {
namespace {

constexpr base::GlobalIndex most_for_long_runs = 10'000;
constexpr int long_run = 500, short_run = 200;
constexpr int most_exchanges = 64;  // in an epoch

class Run {
 public:
  Run(const comm::Communicator& comm, const data::WeightedGraph& graph, const LayoutState& initial,
      const LayoutConfig& config, const LayoutWatch& watch)
      : comm_(comm),
        graph_(graph),
        config_(config),
        watch_(watch),
        first_epoch_(initial.epoch),
        schedule_(comm, graph, config.epochs),
        exchanges_(std::clamp(static_cast<int>(std::ceil(schedule_.samples_of_point())), 1, most_exchanges)),
        pool_(comm, graph.rows, config.seed),
        halo_(comm, graph.rows, graph.ghosts, 2),
        random_(config.seed, base::Stream::negatives),
        plans_(schedule_.blocks()),
        positions_(2 * (graph.local_rows() + graph.ghosts.count())),
        moved_(positions_.size()),
        samples_(comm.rank() == 0 ? initial.samples : 0) {
    std::ranges::copy(initial.positions.elements(), positions_.begin());
  }

  LaidOut finish(base::Log& log) {
    log.begin_phase("epochs", config_.epochs);
    const std::int64_t before = comm_.traffic().bytes_sent;
    for (int epoch = first_epoch_; epoch < config_.epochs; ++epoch) {
      look(epoch);
      run_epoch(epoch);
      log.advance(epoch + 1);
    }
    LaidOut result;
    result.embedding = centred();
    result.stats = stats(comm_.traffic().bytes_sent - before);
    log.end_phase();
    return result;
  }

 private:
  /// Whether all is well, and what the ranks wish, in one reduction.
  void look(int epoch) const {
    int words[] = {all_finite() ? 0 : 1, watch_.wish ? watch_.wish() : 0};
    comm_.all_reduce(std::span<int>(words), comm::Reduction::max);
    expect_finite(words[0] == 0, epoch);
    const int wish = words[1];
    if (wish > 0) watch_.see({.epoch = epoch, .wish = wish, .state = [this, epoch] { return state(epoch); }});
  }

  /// Of this rank's positions. Their sum is finite only if all are: of floats it does not leave the doubles.
  bool all_finite() const {
    const auto size = static_cast<std::int64_t>(local_size());
    double sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
    for (std::int64_t i = 0; i < size; ++i) sum += positions_[static_cast<std::size_t>(i)];
    return std::isfinite(sum);
  }

  /// @param finite  the same on all ranks
  void expect_finite(bool finite, int epoch) const {
    if (finite) return;
    comm::agree(comm_, [&] {
      throw base::NumericalError(
          fmt::format("epoch {}: the layout diverged (a position is no longer finite). Use a smaller "
                      "--umap.learning-rate",
                      epoch));
    });
  }

  LayoutState state(int epoch) const {
    return {.positions = positions(),
            .epoch = epoch,
            .samples = comm_.all_reduce(samples_, comm::Reduction::sum)};
  }

  base::Matrix<float> positions() const {
    base::Matrix<float> result(graph_.local_rows(), 2);
    std::copy_n(positions_.begin(), local_size(), result.elements().begin());
    return result;
  }

  std::size_t local_size() const {
    return 2 * graph_.local_rows();
  }

  void run_epoch(int epoch) {
    const auto blocks = static_cast<std::int64_t>(plans_.size());
    std::int64_t samples = 0;
#pragma omp parallel for schedule(static) reduction(+ : samples)
    for (std::int64_t b = 0; b < blocks; ++b) {
      BlockPlan& plan = plans_[static_cast<std::size_t>(b)];
      schedule_.plan(static_cast<std::size_t>(b), epoch, plan);
      samples += static_cast<std::int64_t>(plan.sampled.size());
    }
    samples_ += samples;
    const double left = 1 - static_cast<double>(epoch) / config_.epochs;
    const MoveRule rule{.curve = config_.curve,
                        .rate = static_cast<float>(config_.learning_rate * left),
                        .repulsion = static_cast<float>(config_.repulsion),
                        .negatives = config_.negative_samples};
    for (int part = 0; part < exchanges_; ++part) {
      exchange(static_cast<std::uint32_t>(epoch * exchanges_ + part));
#pragma omp parallel for schedule(static)
      for (std::int64_t b = 0; b < blocks; ++b) move_block(static_cast<std::size_t>(b), epoch, part, rule);
      positions_.swap(moved_);
    }
  }

  /// The positions that moves see from now on.
  void exchange(std::uint32_t number) {
    const std::span<const float> local(positions_.data(), local_size());
    halo_.start(local);
    pool_.refresh(local, number);
    const auto ghosts = halo_.finish();
    std::ranges::copy(ghosts, positions_.begin() + static_cast<std::ptrdiff_t>(local_size()));
  }

  /// The part's share of every group's rounds, those of different groups at different times.
  void move_block(std::size_t block, int epoch, int part, const MoveRule& rule) {
    const std::size_t begin = 2 * block * block_size, end = std::min(begin + 2 * block_size, local_size());
    std::copy(positions_.begin() + static_cast<std::ptrdiff_t>(begin),
              positions_.begin() + static_cast<std::ptrdiff_t>(end),
              moved_.begin() + static_cast<std::ptrdiff_t>(begin));
    const BlockPlan& plan = plans_[block];
    for (const Group& group : plan.groups) {
      const base::GlobalIndex key = graph_.rows.begin(comm_.rank()) + group.rows[0];
      const auto words = random_.words(key, static_cast<std::uint32_t>(epoch));
      const auto parts = static_cast<std::uint32_t>(exchanges_), shift = words[2] % parts;
      const auto first_of = [&](std::uint32_t p) { return (p * group.rounds + shift) / parts; };
      const std::uint32_t first = first_of(static_cast<std::uint32_t>(part)),
                          last = first_of(static_cast<std::uint32_t>(part) + 1);
      if (first == last) continue;
      move_group(plan, group, first, last, pool_, {words[0], words[1]}, rule, positions_.data(),
                 moved_.data());
    }
  }

  base::Matrix<float> centred() const {
    base::Matrix<float> result = positions();
    double sums[2];
    for (std::size_t d = 0; d < 2; ++d)
      sums[d] = base::ordered_sum(result.rows(), [&](std::size_t i) { return result(i, d); });
    comm_.all_reduce(std::span<double>(sums), comm::Reduction::sum);
    expect_finite(std::isfinite(sums[0] + sums[1]), config_.epochs);
    const auto points = static_cast<double>(graph_.rows.total());
    for (std::size_t i = 0; i < result.rows(); ++i) {
      for (std::size_t d = 0; d < 2; ++d) result(i, d) -= static_cast<float>(sums[d] / points);
    }
    return result;
  }

  LayoutStats stats(std::int64_t sent) const {
    const auto ghosts = static_cast<std::int64_t>(graph_.ghosts.count());
    std::int64_t sums[] = {schedule_.edges(), samples_, sent, ghosts};
    comm_.all_reduce(std::span<std::int64_t>(sums), comm::Reduction::sum);
    return {.epochs = config_.epochs,
            .exchanges_per_epoch = exchanges_,
            .edges = sums[0],
            .samples = sums[1],
            .bytes_per_rank_epoch =
                static_cast<double>(sums[2]) / comm_.size() / std::max(config_.epochs - first_epoch_, 1),
            .ghosts_max = comm_.all_reduce(ghosts, comm::Reduction::max),
            .ghosts_total = sums[3]};
  }

  const comm::Communicator& comm_;
  const data::WeightedGraph& graph_;
  const LayoutConfig& config_;
  const LayoutWatch& watch_;
  int first_epoch_;  // of this run
  EdgeSchedule schedule_;
  int exchanges_;
  NegativePool pool_;
  data::Halo halo_;
  base::Random random_;
  std::vector<BlockPlan> plans_;          // of this epoch
  base::AlignedVector<float> positions_;  // (local rows + ghosts) x 2, as of the last exchange
  base::AlignedVector<float> moved_;      // the same, where the points go from there
  std::int64_t samples_;                  // by this rank; by rank 0 those of the run before, too
};

}  // namespace

int automatic_epochs(base::GlobalIndex points) {
  return points <= most_for_long_runs ? long_run : short_run;
}

LaidOut layout(const comm::Communicator& comm, const data::WeightedGraph& graph, base::Matrix<float> initial,
               const LayoutConfig& config, base::Log& log) {
  return layout(comm, graph, LayoutState{.positions = std::move(initial)}, config, log);
}

LaidOut layout(const comm::Communicator& comm, const data::WeightedGraph& graph, const LayoutState& initial,
               const LayoutConfig& config, base::Log& log, const LayoutWatch& watch) {
  const base::Matrix<float>& start = initial.positions;
  FLEETSNE_EXPECT(start.rows() == graph.local_rows() && start.columns() == 2 && start.stride() == 2);
  FLEETSNE_EXPECT(config.epochs >= 1);
  return Run(comm, graph, initial, config, watch).finish(log);
}

}  // namespace fleetsne::umap
