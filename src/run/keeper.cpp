#include "fleetsne/run/keeper.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/run/made_folders.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <vector>

namespace fleetsne::run {
namespace {

/// What took this share of the time between checkpoints is kept when it is done.
constexpr double long_share = 0.1;

[[noreturn]] void refuse_folder(const std::string& folder, const std::vector<std::string>& left_aside) {
  if (left_aside.empty())
    throw base::InputError(
        fmt::format("{} holds no checkpoint (nothing is there to go on from). Give the folder checkpoint of "
                    "an output folder, or --resume auto",
                    folder));
  throw base::InputError(fmt::format(
      "{} holds no checkpoint that is whole (what is wrong follows). Give another folder, or begin "
      "anew without --resume\n{}",
      folder, fmt::join(left_aside, "\n")));
}

}  // namespace

Keeper::Keeper(const comm::Communicator& comm, const CheckpointConfig& config, const KeptPlaces& places,
               Report& report, base::Log& log)
    : comm_(comm),
      config_(config),
      report_(report),
      log_(log),
      own_(places.checkpoint, report.run_key, made_of(report)),
      wishes_(comm, config, config.stop_file.empty() ? places.stop_file : config.stop_file) {
  if (!resumes(config)) {
    own_.remove(comm);  // by force, or there is none
    return;
  }
  const std::string folder = config.resume == "auto" ? places.checkpoint : config.resume;
  reached_ = Checkpoint(folder, report.run_key).find(comm, log);
  comm::agree(comm, [&] {
    if (config.resume != "auto" && !reached_.any()) refuse_folder(folder, reached_.left_aside);
    expect_rows(folder);
  });
  found_any_ = reached_.any();
  tell_reached(folder);
}

void Keeper::expect_rows(const std::string& folder) const {
  const std::int64_t rows = reached_.affinities ? reached_.affinities->rows() : report_.points;
  const auto mine = static_cast<std::size_t>(
      data::RowDistribution::balanced(report_.points, comm_.size()).count(comm_.rank()));
  if (rows != report_.points || (reached_.state && reached_.state->positions.rows() != mine) ||
      (reached_.layout && reached_.layout->positions.rows() != mine) ||
      (reached_.start && reached_.start->rows() != mine))
    throw base::UsageError(
        fmt::format("{} is of a run with another number of rows (the input has {}). Give the "
                    "input that it was begun with, or begin anew with --resume never --force",
                    folder, report_.points));
}

void Keeper::tell_reached(const std::string& folder) const {
  CheckpointStats& stats = report_.checkpoint;
  stats.affinities_found = reached_.affinities.has_value();
  stats.start_found = reached_.start.has_value();
  stats.search_found = reached_.search.has_value();
  if (reached_.state) {
    stats.resumed_from = reached_.state->iteration;
    log_.info(fmt::format("going on from iteration {} ({})", reached_.state->iteration, folder));
  } else if (reached_.layout) {
    stats.resumed_from = reached_.layout->epoch;
    log_.info(fmt::format("going on from epoch {} ({})", reached_.layout->epoch, folder));
  } else if (reached_.affinities) {
    log_.info(fmt::format("going on with the affinities that are there ({})", folder));
  } else if (reached_.search) {
    log_.info(fmt::format("going on with the search for neighbours that is there ({})", folder));
  } else if (reached_.start) {
    log_.info(fmt::format("going on with the start that is there ({})", folder));
  }
}

/// That in which the checkpoints' folder lies.
void Keeper::make_folder_again() {
  make_again(comm_, std::filesystem::path(own_.folder()).parent_path().string(), log_);
}

template <class Write>
bool Keeper::timed(int wish, Write&& write) {
  const base::Stopwatch watch;
  bool written = true;
  try {
    make_folder_again();
    write();
  } catch (const comm::AgreedError& error) {
    if (error.kind() != base::ErrorKind::io || wish == Wishes::stop) throw;
    log_.warn(fmt::format("{}. The run goes on, and tries again later", error.what()));
    written = false;
  }
  wishes_.kept();
  ++(written ? report_.checkpoint.written : report_.checkpoint.failed);
  report_.checkpoint.seconds += comm_.all_reduce(watch.seconds(), comm::Reduction::max);
  return written;
}

bool Keeper::took_long(double seconds) const {
  const double between = 60 * config_.minutes;
  return between > 0 && seconds > long_share * between;
}

void Keeper::keep_start(const data::Permutation& permutation, const base::Matrix<float>& start,
                        double seconds) {
  const int wish = wishes_.of_all_ranks(comm_);
  if (wish != Wishes::none || took_long(comm_.all_reduce(seconds, comm::Reduction::max)))
    timed(wish, [&] { own_.keep_start(comm_, permutation, start); });
  if (wish == Wishes::stop) stop("before the search for neighbours");
}

neighbors::Watch Keeper::watch_search() {
  neighbors::Watch watch;
  watch.wish = [this] { return wish(); };
  watch.last_wish = [this, since = base::Stopwatch()] {
    return std::max<int>(wish(), took_long(since.seconds()) ? Wishes::checkpoint : Wishes::none);
  };
  watch.see = [this](int wish, std::span<const neighbors::Part> parts) {
    if (timed(wish, [&] { own_.keep_search(comm_, parts, report_.input_digest); }))
      log_.info("checkpoint in the search for neighbours");
    if (wish == Wishes::stop) stop("in the search for neighbours");
  };
  if (!reached_.search) return watch;
  comm::agree(comm_, [&] {
    if (reached_.search->about.value("input_digest", "") == fmt::format("{:016x}", report_.input_digest))
      return;
    throw base::UsageError(fmt::format(
        "{} is of other rows than the input's (their checksums differ). Give the input that it was "
        "begun with, or begin anew with --resume never --force",
        reached_.search->path));
  });
  watch.earlier = [this](std::span<const neighbors::Part> parts) {
    std::vector<io::BytesToFill> bytes;
    for (const neighbors::Part& part : parts) bytes.push_back({part.name, part.bytes});
    io::read_part(*reached_.search, bytes);
  };
  return watch;
}

void Keeper::keep(const Prepared& prepared, double seconds) {
  const int wish = wishes_.of_all_ranks(comm_);
  const bool slow = took_long(comm_.all_reduce(seconds, comm::Reduction::max));
  // Those of a run that goes on from a state have no start that another could begin with.
  if (!reached_.begun() && (wish != Wishes::none || slow))
    timed(wish, [&] { own_.keep_affinities(comm_, prepared, report_); });
  if (wish == Wishes::stop) stop("before the first iteration");
}

void Keeper::begin_results() {
  make_folder_again();
  if (!results_begun_) results_first_ = own_.begin_results(comm_);
  results_begun_ = true;
}

void Keeper::forget_results() const {
  if (results_first_) own_.forget_results(comm_);
}

void Keeper::look(const std::string& where) {
  if (wishes_.of_all_ranks(comm_) == Wishes::stop) stop(where);
}

void Keeper::see(const optimize::Moment& moment, const data::Permutation& permutation) {
  if (moment.wish == Wishes::none) return;
  if (timed(moment.wish, [&] { own_.keep_state(comm_, permutation, moment.state(), report_.input_digest); }))
    log_.info(fmt::format("checkpoint at iteration {}", moment.iteration));
  if (moment.wish == Wishes::stop) stop(fmt::format("after {} iterations", moment.iteration));
}

void Keeper::see(const umap::LayoutMoment& moment, const data::Permutation& permutation) {
  if (timed(moment.wish, [&] { own_.keep_state(comm_, permutation, moment.state()); }))
    log_.info(fmt::format("checkpoint at epoch {}", moment.epoch));
  if (moment.wish == Wishes::stop) stop(fmt::format("after {} epochs", moment.epoch));
}

void Keeper::see(const optimize::Moment& moment, const std::string& where) {
  if (moment.wish == Wishes::stop) stop(where);
}

void Keeper::diverged(const comm::AgreedError& error, Method method) const {
  if (error.kind() != base::ErrorKind::numerical) return;
  const std::vector<std::string> kept = own_.states(comm_);
  if (kept.empty()) return;
  if (method == Method::umap)
    throw comm::AgreedError(error.kind(),
                            fmt::format("{}. The state before is kept in {}", error.what(), kept.front()));
  throw comm::AgreedError(
      error.kind(),
      fmt::format("{}. The state before is kept: --continue {} --output OTHER goes on from there "
                  "with other options",
                  error.what(), kept.back()));
}

void Keeper::stop(const std::string& where) {
  wishes_.obeyed();
  const bool written = report_.checkpoint.written > 0, own = written || config_.resume == "auto";
  comm::agree(comm_, [&] {
    if (wishes_.reason().empty()) return;  // another rank knows it
    throw base::Error(
        written ? base::ErrorKind::stopped : base::ErrorKind::left_nothing,
        written || found_any_
            ? fmt::format(
                  "{} ({}). What was reached is in {}; the same command with --resume {} goes on from there",
                  where, wishes_.reason(), own ? own_.folder() : config_.resume,
                  own ? "auto" : config_.resume)
            : fmt::format(
                  "{} ({}). Nothing was worth keeping yet; the same command begins anew, and needs more "
                  "time where it was the time that ended it",
                  where, wishes_.reason()));
  });
  std::abort();  // not reached: who wished it throws
}

std::optional<nlohmann::json> ended_run(const comm::Communicator& comm, const Config& config,
                                        const nlohmann::json& options, const std::string& key) {
  std::string text;
  comm::on_root(comm, [&] {
    const auto path = std::filesystem::path(config.output.directory) / "report.json";
    const nlohmann::json report = io::read_json(path.string());
    if (!report.is_object() || !report.contains("exit_code") || report["exit_code"] != 0 ||
        !report.contains("run_key") || report["run_key"] != key || !report.contains("config"))
      return;
    // These have no share in the run's key, but in what is there.
    for (const char* section : {"plot", "snapshot", "quality"})
      if (report.at("config").value(section, nlohmann::json()) != options.value(section, nlohmann::json()))
        return;
    std::error_code ignored;
    for (const auto& written : report.value("files", nlohmann::json::array()))
      if (!written.is_string() || !std::filesystem::exists(written.get<std::string>(), ignored)) return;
    text = to_text(report);
  });
  text = comm.broadcast(text, 0);
  if (text.empty()) return std::nullopt;
  return nlohmann::json::parse(text);
}

}  // namespace fleetsne::run
