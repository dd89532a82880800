#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/checkpoint_config.hpp"

#include <optional>
#include <string>

namespace fleetsne::run {

/// What a run is asked for from outside: a checkpoint, or to stop after one. SIGUSR1 asks for a checkpoint,
/// SIGTERM or SIGUSR2 to stop (mpirun passes the latter on at once; of SIGTERM it makes a SIGKILL a second
/// later); they may reach any rank. On rank 0 also the clock (CheckpointConfig::minutes,
/// max_wall_time or the end of the Slurm job) and a stop file. One at a time in a process.
class Wishes {
 public:
  enum Wish : int { none = 0, checkpoint = 1, stop = 2 };

  /// From now on, to the end of the process, signals are wishes and do not end it. One that comes while there
  /// is no Wishes, before the first or between two runs of a process, is the next one's.
  static void listen();

  /// Listens, too.
  /// @param stop_file  on rank 0 looked for now and then
  Wishes(const comm::Communicator& comm, const CheckpointConfig& config, std::string stop_file);
  Wishes(const Wishes&) = delete;
  Wishes& operator=(const Wishes&) = delete;

  /// What this rank has been asked for. No communication; cheap enough for every iteration.
  int of_this_rank();
  /// The largest of all ranks. Collective.
  int of_all_ranks(const comm::Communicator& comm);
  /// A checkpoint has been written: the clock begins anew, SIGUSR1 is obeyed.
  void kept();
  /// The run stops: the stop file goes, so that it can be started again. On rank 0.
  void obeyed() const;

  /// Why it stops, as a message says it; after of_this_rank() has said so.
  const std::string& reason() const { return reason_; }

 private:
  int by_clock();

  bool root_;
  std::optional<double> every_;     // seconds between checkpoints
  std::optional<double> wall_end_;  // seconds from the start at which to stop
  std::string stop_file_, reason_;
  base::Stopwatch run_, last_;
  std::optional<base::Stopwatch> looked_;  // when the stop file was last looked for
};

}  // namespace fleetsne::run
