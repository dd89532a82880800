#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/report.hpp"

#include <cstdint>
#include <string>

namespace fleetsne::run {

/// Everything that a user can say about affinities that are kept, with its defaults.
struct AffinitiesConfig {
  Config embed;      ///< of it the input, the neighbours, the affinities and how to run; the rest as it is
  std::string file;  ///< to write
  bool force = false;
};

/// Whether the values make sense. Throws one UsageError that names every problem. Not collective.
void check_config(const AffinitiesConfig& config);

/// What was made, and what it took; the same on every rank.
struct MadeAffinities {
  std::int64_t points = 0, bytes = 0;  ///< bytes of the file
  int threads = 1;
  AffinityStats affinity;
  double recall = 1, seconds = 0;
};

/// Finds the neighbours of the input's rows and writes their affinities to a file, from which embeddings
/// begin (InputConfig::affinity), whole or not at all. Sets the number of OpenMP threads.
/// @note Collective. Deterministic for the same ranks. Throws AgreedError on all ranks.
MadeAffinities make_affinities(const comm::Communicator& comm, const AffinitiesConfig& config,
                               const About& about, base::Log& log);

/// Finds the neighbours of the input's rows and keeps them alone (NeighborFilesConfig::save), whole or not at
/// all; what is not done yet is kept beside it, as of affinities. Sets the number of OpenMP threads.
/// @param config  of it the input, the neighbours, checkpoints and how to run
/// @return  without affinities, bytes 0
/// @note Collective. Deterministic for the same ranks. Throws AgreedError on all ranks.
MadeAffinities make_neighbors(const comm::Communicator& comm, const Config& config, bool force,
                              const About& about, base::Log& log);

}  // namespace fleetsne::run
