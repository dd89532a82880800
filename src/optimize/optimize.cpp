#include "fleetsne/optimize/optimize.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/optimize/joint_objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace fleetsne::optimize {
namespace {

/// A box this wide and high holds points that have begun to part.
constexpr double begun = 1;
/// A divergence this share above the lowest of its stage, without exaggeration, is worth a warning: good runs
/// fall all the way.
constexpr double suspicious_rise = 0.1;

/// Runs `work` of an iteration; what it finds to have diverged, on all ranks, is told with the iteration.
template <class Work>
auto in_iteration(std::int64_t iteration, Work&& work) {
  try {
    return work();
  } catch (const comm::AgreedError& error) {
    if (error.kind() != base::ErrorKind::numerical) throw;
    throw comm::AgreedError(error.kind(), fmt::format("iteration {}: {}", iteration, error.what()));
  }
}

/// The stages one after another; the state of the descent goes on from stage to stage.
class Run {
 public:
  Run(const comm::Communicator& comm, Objective& objective, State&& initial, const OptimizeConfig& config,
      base::Log& log, const Watch& watch)
      : comm_(comm),
        config_(config),
        log_(log),
        watch_(watch),
        before_(initial.iteration),
        grid_before_(initial.grid),
        progress_(std::move(initial.progress)),
        points_(static_cast<double>(objective.points())),
        objective_(objective),
        descent_(std::move(initial)),
        gradient_(descent_.positions().size()),
        box_(descent_.bounding_box(comm)) {
    FLEETSNE_EXPECT(progress_.stage <= config.stages.size());
    for (std::size_t s = progress_.stage; s < config.stages.size(); ++s)
      total_ += config.stages[s].iterations;
    total_ -= progress_.iteration;
  }

  Optimized finish() {
    log_.begin_phase("iterations", total_);
    const std::int64_t before = comm_.traffic().bytes_sent;
    while (progress_.stage < config_.stages.size()) run_stage(config_.stages[progress_.stage]);
    stats_.kl_curve = progress_.kl_curve;
    stats_.stages = progress_.ended;
    stats_.bytes_per_rank_iteration = mean_bytes(comm_.traffic().bytes_sent - before - watchers_bytes_);
    stats_.iterations = before_ + done_;
    Optimized result{{}, {}, descent_.take_state()};
    result.state.iteration = stats_.iterations;
    result.state.grid = done_ > 0 ? objective_.grid() : grid_before_;
    if (objective_.moves_freely()) descent_.centre(comm_);
    log_.end_phase();
    complete_stats(stats_);
    result.stats = std::move(stats_);
    result.embedding = descent_.take_positions();
    return result;
  }

 private:
  void run_stage(const Stage& stage) {
    StepRule rule{.momentum = stage.momentum, .max_norm = stage.max_step_norm, .min_gain = config_.min_gain};
    log_.info(fmt::format(
        "===> Running optimization with {}{}...", description_of(stage, points_),
        progress_.iteration == 0 ? "" : fmt::format(", from iteration {} on", progress_.iteration)));
    if (stage.reset && progress_.iteration == 0) descent_.forget();
    objective_.set_dof(stage.dof);
    if (done_ == 0) objective_.set_grid(grid_before_);
    if (progress_.iteration >= stage.iterations) return end_stage(stage, false);
    const double seconds_before = progress_.seconds;
    const base::Stopwatch stage_clock;
    base::Stopwatch clock;
    for (bool ended = false, settled = false; !ended;) {
      const double exaggeration = exaggeration_at(stage, progress_.iteration);
      rule.learning_rate = learning_rate_of(stage.learning_rate, points_, exaggeration);
      in_iteration(before_ + done_ + 1,
                   [&] { objective_.gradient(descent_.positions(), box_, exaggeration, gradient_); });
      if (config_.dimensions == 1) flatten_gradient();
      if (stage.max_gradient_norm > 0) limit_norms(gradient_, stage.max_gradient_norm);
      ++done_;
      ++progress_.iteration;
      if (config_.kl_every > 0 && progress_.iteration % config_.kl_every == 0) {
        const double kl = report_kl(progress_.iteration, clock);
        settled = progress_.iteration < stage.iterations && has_settled(stage, progress_.last_kl, kl);
        if (exaggeration <= 1) watch_rise(kl);
        progress_.last_kl = kl;
      }
      descent_.step(gradient_, rule);
      double wish = watch_.wish ? watch_.wish() : 0;
      box_ = in_iteration(before_ + done_, [&] { return descent_.bounding_box(comm_, wish); });
      log_.advance(done_);
      progress_.seconds = seconds_before + stage_clock.seconds();
      ended = settled || progress_.iteration == stage.iterations;
      if (ended) end_stage(stage, settled);
      if (watch_.see) show(ended, static_cast<int>(wish));
    }
  }

  /// The progress is then at the next stage's beginning.
  void end_stage(const Stage& stage, bool settled) {
    if (settled)
      log_.info(fmt::format("   --> KL has settled: the stage ends after {} of {} iterations",
                            progress_.iteration, stage.iterations));
    log_.info(fmt::format("   --> Time elapsed: {:.2f} seconds", progress_.seconds));
    progress_.ended.push_back({.name = stage.name,
                               .iterations = progress_.iteration,
                               .settled = settled,
                               .seconds = progress_.seconds});
    ++progress_.stage;
    progress_.iteration = 0;
    progress_.last_kl = std::numeric_limits<double>::quiet_NaN();
    lowest_ = std::numeric_limits<double>::infinity();
    progress_.seconds = 0;
  }

  void show(bool stage_ended, int wish) {
    const std::int64_t before = comm_.traffic().bytes_sent;
    watch_.see({.iteration = before_ + done_,
                .stage_ended = stage_ended,
                .positions = descent_.view(),
                .wish = wish,
                .state = [this] { return copy_state(); }});
    watchers_bytes_ += comm_.traffic().bytes_sent - before;
  }

  State copy_state() const {
    State state = descent_.copy_state();
    state.iteration = before_ + done_;
    state.grid = objective_.grid();
    state.progress = progress_;
    return state;
  }

  void flatten_gradient() {
    for (std::size_t i = 1; i < gradient_.size(); i += 2) gradient_[i] = 0;
  }

  /// The KL of a stage's first look is compared with NaN: it has settled by no number.
  bool has_settled(const Stage& stage, double before, double now) const {
    const bool spread = std::max(box_.width(), box_.height()) >= begun;
    return stage.settled > 0 && spread && before - now < now / stage.settled;
  }

  void watch_rise(double kl) {
    lowest_ = std::min(lowest_, kl);
    if (warned_ || kl - lowest_ <= suspicious_rise * std::abs(lowest_)) return;
    warned_ = true;
    log_.warn(
        fmt::format("the KL divergence has risen from {:.4f} to {:.4f} (the steps may be too long). If it "
                    "stays high, use a smaller --learning-rate or --optimize.max-step-norm",
                    lowest_, kl));
  }

  double report_kl(int iteration, base::Stopwatch& clock) {
    const double kl = objective_.divergence(), seconds = clock.seconds();
    if (!std::isfinite(kl)) in_iteration(before_ + done_, [&] { lost(); });
    clock.restart();
    progress_.kl_curve.push_back({before_ + done_, kl, seconds});
    log_.info(fmt::format("Iteration {:4d}, KL divergence {:.4f}, {} iterations in {:.4f} sec", iteration, kl,
                          config_.kl_every, seconds));
    return kl;
  }

  /// All ranks know it.
  void lost() const {
    comm::agree(comm_, [] {
      throw base::NumericalError(
          "the optimisation diverged (the KL divergence is no longer finite). Use a smaller --learning-rate "
          "or a smaller --optimize.max-step-norm");
    });
  }

  BytesPerIteration mean_bytes(std::int64_t sent) const {
    const FieldTraffic field = objective_.field_traffic();
    std::int64_t sums[] = {done_ * objective_.halo_bytes(), field.grid, field.transposes, sent};
    comm_.all_reduce(std::span<std::int64_t>(sums), comm::Reduction::sum);
    const double of =
        static_cast<double>(comm_.size()) * static_cast<double>(std::max<std::int64_t>(done_, 1));
    return {static_cast<double>(sums[0]) / of, static_cast<double>(sums[1]) / of,
            static_cast<double>(sums[2]) / of, static_cast<double>(sums[3]) / of};
  }

  void complete_stats(OptimizeStats& stats) {
    in_iteration(before_ + done_, [&] {
      objective_.gradient(descent_.positions(), descent_.bounding_box(comm_), 1, gradient_);
    });
    stats.kl = objective_.divergence();
    const auto ghosts = static_cast<std::int64_t>(objective_.ghosts());
    stats.ghosts_max = comm_.all_reduce(ghosts, comm::Reduction::max);
    stats.ghosts_total = comm_.all_reduce(ghosts, comm::Reduction::sum);
    stats.grid_rows = objective_.grid().padded_rows;
    stats.grid_columns = objective_.grid().padded_columns;
    stats.slab = objective_.shared_by_slabs();
  }

  const comm::Communicator& comm_;
  const OptimizeConfig& config_;
  base::Log& log_;
  const Watch& watch_;
  std::int64_t before_;    // iterations of earlier runs
  GridShape grid_before_;  // that they left
  Progress progress_;
  std::int64_t watchers_bytes_ = 0;
  double points_;
  Objective& objective_;
  Descent descent_;
  base::AlignedVector<float> gradient_;  // local rows x 2
  Box box_;
  std::int64_t total_ = 0, done_ = 0;
  double lowest_ = std::numeric_limits<double>::infinity();  // KL divergence of the stage
  bool warned_ = false;
  OptimizeStats stats_;
};

}  // namespace

Optimized optimize(const comm::Communicator& comm, Objective& objective, State initial,
                   const OptimizeConfig& config, base::Log& log, const Watch& watch) {
  FLEETSNE_EXPECT(config.dimensions == 1 || config.dimensions == 2);
  if (config.dimensions == 1) flatten(initial);
  return Run(comm, objective, std::move(initial), config, log, watch).finish();
}

Optimized optimize(const comm::Communicator& comm, const data::SparseMatrix& affinities, State initial,
                   const OptimizeConfig& config, base::Log& log, const Watch& watch) {
  FLEETSNE_EXPECT(initial.positions.rows() == affinities.local_rows());
  JointObjective objective(comm, affinities, config.repulsion, config.sharing);
  return optimize(comm, objective, std::move(initial), config, log, watch);
}

Optimized optimize(const comm::Communicator& comm, const data::SparseMatrix& affinities,
                   base::Matrix<float> initial, const OptimizeConfig& config, base::Log& log,
                   const Watch& watch) {
  return optimize(comm, affinities, fresh_state(std::move(initial)), config, log, watch);
}

}  // namespace fleetsne::optimize
