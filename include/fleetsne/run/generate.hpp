#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/synthetic/cells.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fleetsne::run {

struct GeneratedFiles {
  std::string rows;    ///< .npy
  std::string labels;  ///< .npy; empty: beside the rows, NAME-labels.npy
  bool force = false;  ///< write over files that are there
};

/// Everything that a user can say about generated data, with its defaults.
struct GenerateConfig {
  std::size_t rows = 100'000;
  synthetic::CellsConfig cells;  ///< its seed is `run.seed`
  GeneratedFiles output;
  ExecutionConfig run;
};

/// Where the labels go: what was asked for, or beside the rows.
std::string labels_file(const GenerateConfig& config);

/// Whether the values make sense. Throws one UsageError that names every problem. Not collective.
void check_config(const GenerateConfig& config);

/// What was generated, and what it took.
struct Generated {
  std::vector<std::string> files;
  int threads = 1;
  double seconds = 0;
};

/// Makes the rows (float32) and their labels (int32, the cluster) and writes them, all ranks together, each
/// file whole or absent (the labels get their name first). A rank holds one round of rows at a time, at most
/// io::transfer_limit() bytes of each file. Sets the number of OpenMP threads.
/// @note Collective. The same bytes for any number of ranks and threads. Throws AgreedError on all ranks:
///       UsageError for the config or files that are there, IoError.
Generated generate(const comm::Communicator& comm, const GenerateConfig& config, base::Log& log);

}  // namespace fleetsne::run
