#include "fleetsne/app/program.hpp"

#include "fleetsne/app/command.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/report.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fleetsne::app {
namespace {

std::string version_text() {
  std::string text = fmt::format("fleetsne {}\nbuilt for the CPU {}\n", FLEETSNE_VERSION, FLEETSNE_CPU);
  const nlohmann::json libraries = run::library_versions();
  for (const auto& [name, version] : libraries.items())
    text += fmt::format("{} {}\n", name, version.get<std::string>());
  return text;
}

}  // namespace

int run_program(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  const std::vector<std::string> none;
  if (const Command* found = find_command(command)) return found->run(comm, rest);
  if (command == "--version") {
    print_on_root(comm, version_text());
    return EXIT_SUCCESS;
  }
  if (command == "--help" || command == "-h")
    return help(comm, rest.empty() || find_command(rest.front()) == nullptr ? none : rest);
  if (command == "help") return help(comm, rest);
  comm::on_root(comm, [&] {
    throw base::UsageError(command.empty()
                               ? "no command was given (there is nothing to do). See fleetsne --help"
                               : unknown_command(command));
  });
  return EXIT_FAILURE;
}

}  // namespace fleetsne::app
