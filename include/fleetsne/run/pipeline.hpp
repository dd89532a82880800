#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// Embeds the input in two dimensions and writes embedding.h5ad, embedding.npy, embedding.png, report.json
/// and report.html to the output directory. Sets the number of OpenMP threads.
///
/// A usage error, and a file that cannot be taken as input, leave nothing behind: an output directory that
/// was made is removed again. Any failure after that leaves a report.json and a report.html that name it.
/// Under `force` files of an earlier result may then stand beside it, but never beside a report of their
/// success.
/// @return  the report as it was written; the same on every rank
/// @note Collective. Deterministic for the same ranks and threads. Throws AgreedError on all ranks; an
/// exception of
///       another kind was met on this rank only, and the others must be aborted.
nlohmann::json embed(const comm::Communicator& comm, const Config& config, const About& about,
                     base::Log& log);

/// The report of an earlier run that has ended well in the config's output folder, if it was of the very
/// same input, options and seed. Collective.
std::optional<nlohmann::json> earlier_result(const comm::Communicator& comm, const Config& config,
                                             const About& about);

}  // namespace fleetsne::run
