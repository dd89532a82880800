#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fleetsne::app {

/// Runs the command that the arguments (those after the program's name) name and returns the exit code.
/// @note Collective. Throws AgreedError on all ranks; any other exception was met on this rank only.
int run_program(const comm::Communicator& comm, const std::vector<std::string>& arguments);

/// Runs `program` and returns its exit code. If it throws an AgreedError, rank 0 prints one message,
/// "fleetsne: error:
/// ...", and all ranks return the error's exit code; any other exception is taken for one that the other
/// ranks do not know of: it is printed here, and all ranks are aborted with its exit code. Collective.
int exit_code_of(const comm::Communicator& comm, const std::function<int()>& program);

}  // namespace fleetsne::app
