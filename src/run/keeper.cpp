#include "fleetsne/run/keeper.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fleetsne::run {
namespace {

/// Affinities that took this share of the time between checkpoints are kept.
constexpr double long_share = 0.1;

std::string folder_to_resume(const Config& config, const OutputDirectory& output) {
  return config.checkpoint.resume == "auto" ? output.checkpoint() : config.checkpoint.resume;
}

}  // namespace

Keeper::Keeper(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
               Report& report, base::Log& log)
    : comm_(comm),
      config_(config),
      report_(report),
      log_(log),
      own_(output.checkpoint(), report.run_key),
      wishes_(comm, config.checkpoint,
              config.checkpoint.stop_file.empty() ? output.stop_file() : config.checkpoint.stop_file) {
  if (!resumes(config.checkpoint)) {
    own_.remove(comm);  // by force, or there is none
    return;
  }
  const std::string folder = folder_to_resume(config, output);
  reached_ = Checkpoint(folder, report.run_key).find(comm, log);
  comm::agree(comm, [&] {
    if (config.checkpoint.resume != "auto" && !reached_.state && !reached_.affinities)
      throw base::InputError(
          fmt::format("{} holds no checkpoint (nothing is there to go on from). Give the folder "
                      "checkpoint of an output folder, or --resume auto",
                      folder));
    const std::int64_t rows = reached_.affinities ? reached_.affinities->rows() : report.points;
    const auto mine = static_cast<std::size_t>(
        data::RowDistribution::balanced(report.points, comm.size()).count(comm.rank()));
    if (rows != report.points || (reached_.state && reached_.state->positions.rows() != mine))
      throw base::UsageError(
          fmt::format("{} is of a run with another number of rows (the input has {}). Give the "
                      "input that it was begun with, or begin anew with --resume never --force",
                      folder, report.points));
  });
  report.checkpoint.affinities_found = reached_.affinities.has_value();
  if (reached_.state) {
    report.checkpoint.resumed_from = reached_.state->iteration;
    log.info(fmt::format("going on from iteration {} ({})", reached_.state->iteration, folder));
  } else if (reached_.affinities) {
    log.info(fmt::format("going on with the affinities that are there ({})", folder));
  }
}

template <class Write>
void Keeper::timed(Write&& write) {
  const base::Stopwatch watch;
  write();
  wishes_.kept();
  ++report_.checkpoint.written;
  report_.checkpoint.seconds += comm_.all_reduce(watch.seconds(), comm::Reduction::max);
}

void Keeper::keep(const Prepared& prepared, double seconds) {
  const int wish = wishes_.of_all_ranks(comm_);
  const double slowest = comm_.all_reduce(seconds, comm::Reduction::max);
  const double between = 60 * config_.checkpoint.minutes;
  if (wish != Wishes::none || (between > 0 && slowest > long_share * between))
    timed([&] { own_.keep_affinities(comm_, prepared, report_); });
  if (wish == Wishes::stop) stop(0);
}

void Keeper::see(const optimize::Moment& moment, const data::Permutation& permutation) {
  if (moment.wish == Wishes::none) return;
  timed([&] { own_.keep_state(comm_, permutation, moment.state()); });
  log_.info(fmt::format("checkpoint at iteration {}", moment.iteration));
  if (moment.wish == Wishes::stop) stop(moment.iteration);
}

void Keeper::stop(std::int64_t iterations) {
  wishes_.obeyed();
  comm::agree(comm_, [&] {
    if (wishes_.reason().empty()) return;  // another rank knows it
    throw base::Error(
        base::ErrorKind::stopped,
        fmt::format("after {} iterations ({}). What was reached is in {}; the same command with "
                    "--resume auto goes on from there",
                    iterations, wishes_.reason(), own_.folder()));
  });
  std::abort();  // not reached: who wished it throws
}

std::optional<nlohmann::json> ended_run(const comm::Communicator& comm, const Config& config,
                                        const std::string& key) {
  std::string text;
  comm::on_root(comm, [&] {
    const auto path = std::filesystem::path(config.output.directory) / "report.json";
    std::ifstream file(path);
    if (!file) return;
    const nlohmann::json report = nlohmann::json::parse(file, nullptr, false);
    if (!report.is_object() || report.value("exit_code", -1) != 0 || report.value("run_key", "") != key)
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
