#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace fleetsne::optimize {

/// An entry of the KL curve.
struct KlPoint {
  std::int64_t iteration = 0;  ///< counted over all stages; the KL is of the positions before its step
  double kl = 0;               ///< corrected for exaggeration
  double seconds = 0;          ///< since the entry before (of this stage), that KL included
};

/// How a stage went.
struct StageStats {
  std::string name;
  int iterations = 0;    ///< done
  bool settled = false;  ///< it ended because KL did, before its last iteration
  double seconds = 0;
};

/// Where a schedule stands, and what has come of it so far.
struct Progress {
  std::size_t stage = 0;                                      ///< of the schedule: the one to go on with
  int iteration = 0;                                          ///< iterations of it that are done
  double last_kl = std::numeric_limits<double>::quiet_NaN();  ///< when it last looked (Stage::settled)
  std::vector<KlPoint> kl_curve{};
  std::vector<StageStats> ended{};  ///< stages before it
  double seconds = 0;               ///< that it took so far
};

}  // namespace fleetsne::optimize
