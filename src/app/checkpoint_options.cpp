#include "fleetsne/app/option_table.hpp"

namespace fleetsne::app {

std::vector<Option> checkpoint_options(run::CheckpointConfig& c, const std::string& folder,
                                       const std::string& stop_file) {
  return {
      {"checkpoint", "minutes", "", real(c.minutes),
       "Minutes between two checkpoints, in " + folder +
           "; 0: none but those that SIGUSR1 asks for. What took a tenth of that time is kept there when it "
           "is "
           "done, too"},
      {"checkpoint", "resume", "resume", text(c.resume, "auto|never|DIR"),
       "auto: go on from the checkpoint in " + folder +
           ", if there is one; what has ended is left as it is. Or from that of another folder"},
      {"checkpoint", "max-wall-time", "max-wall-time", text(c.max_wall_time, "TIME"),
       "Stop after so long, with a checkpoint: seconds, or 2:30:00, or 1-12:00:00; not given: shortly before "
       "the "
       "Slurm job ends"},
      {"checkpoint", "stop-file", "stop-file", text(c.stop_file, "FILE"),
       "Stop, with a checkpoint, when this file appears; not given: " + stop_file},
  };
}

}  // namespace fleetsne::app
