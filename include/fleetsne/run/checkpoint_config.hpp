#pragma once

#include "fleetsne/run/problems.hpp"

#include <optional>
#include <string>

namespace fleetsne::run {

/// When a run keeps what it has reached, and when it stops before its end.
struct CheckpointConfig {
  double minutes = 10;  ///< between two; 0: none but those that are asked for while it runs
  /// What to go on from: `auto`, the output folder's own if there is one (a run that has ended is left as it
  /// is); `never`, then one that is there is an error, or written over by force; else the folder of one.
  std::string resume = "never";
  std::string
      max_wall_time;      ///< seconds, or [DAYS-]HOURS:MINUTES:SECONDS; empty: what Slurm says, if it does
  std::string stop_file;  ///< the run stops when this file appears; empty: `stop` in the output folder
};

/// Whether the run is to go on from an earlier one, if there is one.
inline bool resumes(const CheckpointConfig& config) {
  return config.resume != "never";
}

/// What `--force` means for it: no going on from the output folder's own checkpoint. A folder that is named
/// is heeded. A sweep does not ask for this: its parts are written over, and gone on with.
inline void begin_anew(CheckpointConfig& config) {
  if (config.resume == "auto") config.resume = "never";
}

/// Seconds of a time as Slurm spells it: 90, 1:30 (minutes), 0:01:30, 2-00:00:00; none if it is no time.
std::optional<double> seconds_of(const std::string& time);

/// Whether the values make sense. Adds to the problems.
void check_checkpoint(const CheckpointConfig& config, Problems& problems);

}  // namespace fleetsne::run
