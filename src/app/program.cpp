#include "fleetsne/app/program.hpp"

#include "fleetsne/app/command.hpp"
#include "fleetsne/app/suggestion.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/report.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fleetsne::app {
namespace {

constexpr const char* overview_begin = R"(Usage: fleetsne COMMAND [ARGUMENTS]
       mpirun -n RANKS fleetsne COMMAND [ARGUMENTS]

FleetSNE embeds millions of points in two dimensions, on many machines at once.

Examples:
  mpirun -n 2 fleetsne embed rows.npy --output out
  mpirun -n 2 fleetsne generate --rows 100000 --output cells.npy
  fleetsne help embed

Commands:
)";

constexpr const char* overview_end = R"(  help [COMMAND]  print help
  --version       print the versions of FleetSNE and its libraries
)";

std::string overview_text() {
  std::string text = overview_begin;
  for (const Command& command : commands())
    text += fmt::format("  {:<14}  {}\n", command.name, command.summary);
  return text + overview_end;
}

std::string version_text() {
  std::string text = fmt::format("fleetsne {}\nbuilt for the CPU {}\n", FLEETSNE_VERSION, FLEETSNE_CPU);
  const nlohmann::json libraries = run::library_versions();
  for (const auto& [name, version] : libraries.items())
    text += fmt::format("{} {}\n", name, version.get<std::string>());
  return text;
}

std::string unknown_command(const std::string& command) {
  std::vector<Candidate> candidates{{"help", "help"}, {"--help", "--help"}, {"--version", "--version"}};
  for (const Command& known : commands()) candidates.push_back({known.name, known.name});
  const std::string near = nearest(command, candidates);
  return fmt::format("unknown command {} (there is none of that name){}", command,
                     near.empty() ? ". See fleetsne --help" : ". Did you mean " + near + "?");
}

}  // namespace

int run_program(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (const Command* found = find_command(command)) return found->run(comm, rest);
  if (command == "--version") {
    print_on_root(comm, version_text());
    return EXIT_SUCCESS;
  }
  if (command == "--help" || command == "-h" || command == "help") {
    if (const Command* about = rest.empty() ? nullptr : find_command(rest.front()))
      return about->run(comm, {"--help"});
    comm::on_root(comm, [&] {
      if (command == "help" && !rest.empty()) throw base::UsageError(unknown_command(rest.front()));
    });
    print_on_root(comm, overview_text());
    return EXIT_SUCCESS;
  }
  comm::on_root(comm, [&] {
    throw base::UsageError(command.empty()
                               ? "no command was given (there is nothing to do). See fleetsne --help"
                               : unknown_command(command));
  });
  return EXIT_FAILURE;
}

}  // namespace fleetsne::app
