#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/forecast.hpp"

#include <string>

namespace fleetsne::run {

/// What a dry run found.
struct DryRun {
  DataShape data;
  int threads = 1;
  Forecast forecast;
  double available = 0;  ///< bytes that a rank can have
};

/// Checks everything that a run checks before it reads its rows, runs the stages on samples of them, and
/// tells from these what the whole would take. Writes nothing. Collective; throws on all ranks what a run
/// would, and UsageError if not even rows and neighbours fit the memory that the ranks can have.
DryRun dry_run(const comm::Communicator& comm, const Config& config, base::Log& log);

/// Throws UsageError if what was found does not fit the memory that the ranks can have. Not collective.
void expect_room(const Config& config, const DryRun& found);

/// A table of stages, and a RESULT line.
std::string to_text(const DryRun& found);

}  // namespace fleetsne::run
