#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/checkpoint.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/wishes.hpp"

#include <optional>

namespace fleetsne::run {

/// Keeps what a run of t-SNE reaches, when it is asked to or the clock says so, and ends it when it is to
/// stop.
class Keeper {
 public:
  /// Looks for what an earlier run has reached, if this one is to go on from it. Keeps references to all.
  /// @param report  with the run's key; what is kept is counted there
  /// Collective.
  Keeper(const comm::Communicator& comm, const Config& config, const OutputDirectory& output, Report& report,
         base::Log& log);

  /// What the run goes on from; the state is to be taken out of it.
  Reached& reached() { return reached_; }

  /// After affinities were made: keeps them if that took long, or if a checkpoint was asked for. Collective.
  void keep(const Prepared& prepared, double seconds);
  /// Asked by every rank in every iteration.
  int wish() { return wishes_.of_this_rank(); }
  /// Keeps the state if any rank has wished it. Collective.
  void see(const optimize::Moment& moment, const data::Permutation& permutation);

 private:
  template <class Write>
  void timed(Write&& write);
  /// Throws the error that ends the run, on all ranks. Collective.
  [[noreturn]] void stop(std::int64_t iterations);

  const comm::Communicator& comm_;
  const Config& config_;
  Report& report_;
  base::Log& log_;
  Checkpoint own_;
  Wishes wishes_;
  Reached reached_;
};

/// The report of the run in the output folder, if it has ended well and is the very one that is asked for
/// now.
/// @param key  run_key of what is asked for; the same on all ranks
/// Collective.
std::optional<nlohmann::json> ended_run(const comm::Communicator& comm, const Config& config,
                                        const std::string& key);

}  // namespace fleetsne::run
