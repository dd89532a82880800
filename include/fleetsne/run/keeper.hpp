#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/neighbors/watch.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/checkpoint.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/wishes.hpp"
#include "fleetsne/umap/layout.hpp"

#include <optional>
#include <string>

namespace fleetsne::run {

/// Where a run keeps what it reaches.
struct KeptPlaces {
  std::string checkpoint;  ///< folder of its own
  std::string stop_file;   ///< unless the config names another
};

/// Keeps what a run reaches, when it is asked to or the clock says so, and ends it when it is to stop.
class Keeper {
 public:
  /// Looks for what an earlier run has reached, if this one is to go on from it. Keeps references to all but
  /// the places.
  /// @param report  with the run's key; what is kept is counted there
  /// Collective.
  Keeper(const comm::Communicator& comm, const CheckpointConfig& config, const KeptPlaces& places,
         Report& report, base::Log& log);

  /// What the run goes on from; what it takes from there is to be moved out of it.
  Reached& reached() { return reached_; }

  /// After where the points begin was found, in working order: keeps it if that took long, or if a checkpoint
  /// was asked for. Collective.
  void keep_start(const data::Permutation& permutation, const base::Matrix<float>& start, double seconds);
  /// What watches the search for neighbours, from its beginning on, and what it goes on from. Collective.
  neighbors::Watch watch_search();
  /// After affinities were made: the same as of the start. Collective.
  void keep(const Prepared& prepared, double seconds);
  /// Before any of the results is written, be it a snapshot or a file of neighbours: the run's folder is
  /// there then, also if somebody has removed it. Collective; throws IoError.
  void begin_results();
  /// The run has failed before any was whole: what tells of them goes, unless an earlier run's tells so, too.
  /// Collective.
  void forget_results() const;
  /// Where nothing more can be kept than was: ends the run if it is to stop. Collective.
  /// @param where  as a message says it: "before the layout"
  void look(const std::string& where);

  /// Asked by every rank in every iteration.
  int wish() { return wishes_.of_this_rank(); }
  /// Keeps the state if any rank has wished it. Collective.
  void see(const optimize::Moment& moment, const data::Permutation& permutation);
  void see(const umap::LayoutMoment& moment, const data::Permutation& permutation);
  /// Of an optimisation that is only a step on the way, as that of a sample: nothing of it is kept.
  void see(const optimize::Moment& moment, const std::string& where);

  /// After the optimisation threw: of a divergence, throws the same on all ranks with the state that one may
  /// go on from, the oldest there is, as the newest may have begun to diverge. Of a layout, which goes on
  /// with its own options alone, it is only named. Collective.
  void diverged(const comm::AgreedError& error, Method method) const;

 private:
  /// Writes a checkpoint; without room or rights the run goes on without it, unless it is to stop.
  /// @return  whether it was written
  template <class Write>
  bool timed(int wish, Write&& write);
  void make_folder_again();
  bool took_long(double seconds) const;
  void expect_rows(const std::string& folder) const;
  void tell_reached(const std::string& folder) const;
  /// Throws the error that ends the run, on all ranks. Collective.
  [[noreturn]] void stop(const std::string& where);

  const comm::Communicator& comm_;
  const CheckpointConfig& config_;
  Report& report_;
  base::Log& log_;
  Checkpoint own_;
  Wishes wishes_;
  Reached reached_;
  bool found_any_ = false;  // when the run began
  bool results_begun_ = false, results_first_ = false;
};

/// The report of the run in the output folder, if it has ended well and is the very one that is asked for
/// now.
/// @param options  all of them
/// @param key      run_key of what is asked for; the same on all ranks
/// Collective.
std::optional<nlohmann::json> ended_run(const comm::Communicator& comm, const Config& config,
                                        const nlohmann::json& options, const std::string& key);

}  // namespace fleetsne::run
