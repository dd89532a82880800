#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/init/among.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/reference.hpp"
#include "fleetsne/run/report.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace fleetsne::run {

/// Everything that a user can say about new points that go into an embedding, with its defaults, which are
/// openTSNE's.
struct TransformConfig {
  TransformConfig();

  Config embed;  ///< of it the input (the new points), perplexity, optimiser, output, plot and how to run
  ReferenceConfig reference;
  init::Among start = init::Among::median;
  std::size_t start_neighbors = 25;  ///< by which a point is placed
};

/// Whether the values make sense. Throws one UsageError that names every problem. Not collective.
void check_config(const TransformConfig& config);

/// Places new rows in an embedding by their neighbours among its rows and lets each find its place, while
/// those stay where they are and new ones do not feel each other. Writes the new points' embedding.h5ad,
/// embedding.npy, embedding.png (the reference behind them), report.json and report.html. Sets the number of
/// OpenMP threads.
/// @return  the report as it was written; the same on every rank
/// @note Collective. Deterministic for the same ranks; the same for others up to rounding. Throws AgreedError
///       on all ranks; bad input leaves nothing behind.
nlohmann::json transform(const comm::Communicator& comm, const TransformConfig& config, const About& about,
                         base::Log& log);

}  // namespace fleetsne::run
