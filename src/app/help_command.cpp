#include "fleetsne/app/command.hpp"
#include "fleetsne/app/manual.hpp"
#include "fleetsne/app/suggestion.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

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

For installing, which cmake --install does by itself:
  help --man [COMMAND]        print the man page fleetsne(1), or fleetsne-COMMAND(1)
  help --completion bash      print the completion of bash: source <(fleetsne help --completion bash)
  help --commands             print the names of the commands, a line each
)";

std::string overview_text() {
  std::string text = overview_begin;
  for (const Command& command : commands())
    text += fmt::format("  {:<14}  {}\n", command.name, command.summary);
  return text + overview_end;
}

/// What `fleetsne help ARGUMENTS` prints, apart from a command's own help.
std::string help_on(const std::vector<std::string>& arguments) {
  const std::string about = arguments.empty() ? "" : arguments.front();
  const std::string of = arguments.size() < 2 ? "" : arguments[1];
  if (about.empty()) return overview_text();
  if (about == "--man") {
    if (of.empty()) return man_page();
    if (const Command* command = find_command(of)) return man_page(*command);
    throw base::UsageError(unknown_command(of));
  }
  if (about == "--completion") {
    if (of == "bash") return bash_completion();
    throw base::UsageError(fmt::format(
        "--completion {} is not known (bash is the only shell there is one for). Say --completion bash", of));
  }
  if (about == "--commands") {
    std::string names;
    for (const Command& command : commands()) names += fmt::format("{}\n", command.name);
    return names;
  }
  throw base::UsageError(unknown_command(about));
}

}  // namespace

std::string unknown_command(const std::string& command) {
  std::vector<Candidate> candidates{{"help", "help"}, {"--help", "--help"}, {"--version", "--version"}};
  for (const Command& known : commands()) candidates.push_back({known.name, known.name});
  const std::string near = nearest(command, candidates);
  return fmt::format("unknown command {} (there is none of that name){}", command,
                     near.empty() ? ". See fleetsne --help" : ". Did you mean " + near + "?");
}

int help(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  if (const Command* about = arguments.empty() ? nullptr : find_command(arguments.front()))
    return about->run(comm, {"--help"});
  std::string text;
  comm::on_root(comm, [&] { text = help_on(arguments); });
  print_on_root(comm, text);
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
