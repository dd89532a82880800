#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/report.hpp"

#include <nlohmann/json.hpp>

#include <functional>

namespace fleetsne::run {

/// Takes the seats and does the work, which fills in its report; at the end, or when it has failed after its
/// input was accepted, report.json and report.html are written to the folder.
/// @return  the report as it was written; the same on every rank
/// @note Collective. Throws what the work throws: AgreedError on all ranks; an exception of another kind was
///       met on this rank only, and the others must be aborted.
nlohmann::json reported_run(const comm::Communicator& comm, const ExecutionConfig& config, const About& about,
                            const OutputDirectory& output, base::Log& log,
                            const std::function<void(Report&)>& work);

}  // namespace fleetsne::run
