#pragma once

#include "fleetsne/app/command_line.hpp"
#include "fleetsne/app/option_table.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/report.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::app {

/// A command of the program, `fleetsne NAME ARGUMENTS`.
struct Command {
  const char* name;
  const char* summary;  ///< for the overview, half a line
  /// Takes the arguments after the command's name, returns the exit code. Collective; throws AgreedError on
  /// all ranks, and what this rank alone has met.
  int (*run)(const comm::Communicator& comm, const std::vector<std::string>& arguments);
  /// Calls `use` with the command's options, which have their defaults and live until it returns.
  void (*with_options)(const std::function<void(const OptionTable&)>& use);
};

/// All of them, in the order of the overview.
std::span<const Command> commands();

/// The command of that name; null if there is none.
const Command* find_command(const std::string& name);

int affinity(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int embed(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int evaluate(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int generate(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int info(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int plot(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int sweep(const comm::Communicator& comm, const std::vector<std::string>& arguments);
int transform(const comm::Communicator& comm, const std::vector<std::string>& arguments);

/// fleetsne help: the overview, help on a command, or a page of the manual or the completion for installing.
int help(const comm::Communicator& comm, const std::vector<std::string>& arguments);

/// What is said of a command that there is none of.
std::string unknown_command(const std::string& command);

/// Reads the command line, and does what needs no work (help, --dump-config). Returns what is left to do, a
/// run or a dry one, if anything. Collective; throws UsageError on all ranks.
std::optional<Request> wanted_work(const comm::Communicator& comm, const std::vector<std::string>& arguments,
                                   OptionTable& table);

/// What was asked for, as a report repeats it.
run::About about_run(const OptionTable& table, const std::vector<std::string>& arguments);

/// Prints on the standard output of rank 0. Collective; throws IoError on all ranks.
void print_on_root(const comm::Communicator& comm, const std::string& text);

/// The log that the config asks for; on other ranks than 0 one that says nothing.
base::Log make_log(const comm::Communicator& comm, const run::ExecutionConfig& config);

}  // namespace fleetsne::app
