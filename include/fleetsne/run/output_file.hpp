#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/made_folders.hpp"

#include <span>
#include <string>

namespace fleetsne::run {

/// Makes the folder that a file goes into if need be, and tries whether it takes files. Refuses a file that
/// is there unless `force`, and in any case a directory of that name and one of `inputs`, as a user names
/// them.
/// @return  folders that were made; those still empty when this is destroyed are removed again
/// @note Collective. Throws UsageError or IoError on all ranks.
MadeFolders prepare_output_file(const comm::Communicator& comm, const std::string& file, bool force,
                                std::span<const std::string> inputs = {});

}  // namespace fleetsne::run
