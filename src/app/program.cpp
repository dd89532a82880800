#include "fleetsne/app/program.hpp"

#include "fleetsne/app/command_line.hpp"
#include "fleetsne/app/ini.hpp"
#include "fleetsne/app/option_table.hpp"
#include "fleetsne/app/suggestion.hpp"
#include "fleetsne/app/terminal.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/dry_run.hpp"
#include "fleetsne/run/generate.hpp"
#include "fleetsne/run/pipeline.hpp"
#include "fleetsne/run/problems.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace fleetsne::app {
namespace {

constexpr const char* overview = R"(Usage: fleetsne COMMAND [ARGUMENTS]
       mpirun -n RANKS fleetsne COMMAND [ARGUMENTS]

FleetSNE embeds millions of points in two dimensions, on many machines at once.

Examples:
  mpirun -n 2 fleetsne embed rows.npy --output out
  mpirun -n 2 fleetsne generate --rows 100000 --output cells.npy
  fleetsne help embed

Commands:
  embed           embed the rows of files with t-SNE
  generate        write cell-like rows of any number
  help [COMMAND]  print help
  --version       print the versions of FleetSNE and its libraries
)";

std::string version_text() {
  std::string text = fmt::format("fleetsne {}\nbuilt for the CPU {}\n", FLEETSNE_VERSION, FLEETSNE_CPU);
  const nlohmann::json libraries = run::library_versions();
  for (const auto& [name, version] : libraries.items())
    text += fmt::format("{} {}\n", name, version.get<std::string>());
  return text;
}

/// Collective; throws IoError on all ranks.
void print_on_root(const comm::Communicator& comm, const std::string& text) {
  comm::on_root(comm, [&] {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
    throw base::IoError(
        fmt::format("the standard output cannot be written ({}). Send it to a place that has room",
                    std::strerror(errno)));
  });
}

base::Log make_log(const comm::Communicator& comm, const run::ExecutionConfig& config) {
  if (comm.rank() != 0 || config.quiet) return {};
  const bool bar =
      config.log == run::LogChoice::bar || (config.log == run::LogChoice::automatic && log_is_terminal());
  return {stderr, bar ? base::LogStyle::terminal : base::LogStyle::plain};
}

std::string result_text(const nlohmann::json& report) {
  std::string text;
  for (const auto& file : report["files"]) text += file.get<std::string>() + "\n";
  const double kl = report["optimize"]["kl"].get<double>();
  const double recall = report["neighbors"]["recall"].get<double>();
  return text + fmt::format("RESULT points={} ranks={} threads={} kl={:.4f} recall={:.4f} seconds={:.2f}\n",
                            report["points"].get<std::int64_t>(), report["ranks"].get<int>(),
                            report["threads"].get<int>(), kl, recall, report["wall_seconds"].get<double>());
}

/// The command line read on rank 0; the other ranks get its outcome as the config file that it amounts to.
Request agree_on_request(const comm::Communicator& comm, const std::vector<std::string>& arguments,
                         OptionTable& table) {
  Request request = Request::run;
  std::string resolved;
  comm::on_root(comm, [&] {
    request = parse_command_line(arguments, table);
    resolved = write_ini(table);
  });
  resolved = comm.broadcast(resolved, 0);
  run::Problems none;
  if (comm.rank() != 0) apply_ini(resolved, "configuration of rank 0", table, none);
  comm::agree(comm, [&] { none.raise(); });
  return comm.broadcast(request, 0);
}

/// Reads the command line, and does what needs no work. Returns what is left to do, a run or a dry one, if
/// anything. Collective.
std::optional<Request> wanted_work(const comm::Communicator& comm, const std::vector<std::string>& arguments,
                                   OptionTable& table) {
  const std::string help = help_text(table);
  const Request request = agree_on_request(comm, arguments, table);
  switch (request) {
    case Request::help:
      print_on_root(comm, help);
      return {};
    case Request::dump_config:
      print_on_root(comm, write_ini(table));
      return {};
    case Request::run:
    case Request::dry_run:
      break;
  }
  return request;
}

int embed(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::Config config;
  OptionTable table = option_table(config);
  const auto request = wanted_work(comm, arguments, table);
  if (!request) return EXIT_SUCCESS;
  if (*request == Request::dry_run) {
    base::Log log = make_log(comm, config.run);
    const run::DryRun found = run::dry_run(comm, config, log);
    print_on_root(comm, to_text(found));
    comm::agree(comm, [&] { run::expect_room(config, found); });
    return EXIT_SUCCESS;
  }
  run::About about{.version = FLEETSNE_VERSION, .command = {"fleetsne", "embed"}, .config = to_json(table)};
  about.command.insert(about.command.end(), arguments.begin(), arguments.end());
  base::Log log = make_log(comm, config.run);
  print_on_root(comm, result_text(run::embed(comm, config, about, log)));
  return EXIT_SUCCESS;
}

int generate(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::GenerateConfig config;
  OptionTable table = option_table(config);
  if (!wanted_work(comm, arguments, table)) return EXIT_SUCCESS;
  base::Log log = make_log(comm, config.run);
  const run::Generated made = run::generate(comm, config, log);
  print_on_root(
      comm, fmt::format("{}\nRESULT rows={} columns={} clusters={} ranks={} threads={} seconds={:.2f}\n",
                        fmt::join(made.files, "\n"), config.rows, config.cells.columns, config.cells.clusters,
                        comm.size(), made.threads, made.seconds));
  return EXIT_SUCCESS;
}

using Command = int (*)(const comm::Communicator&, const std::vector<std::string>&);

/// Null if there is none of that name.
Command find_command(const std::string& name) {
  if (name == "embed") return embed;
  return name == "generate" ? generate : nullptr;
}

std::string unknown_command(const std::string& command) {
  constexpr std::array known{"embed", "generate", "help", "--help", "--version"};
  std::vector<Candidate> candidates;
  for (const char* name : known) candidates.push_back({name, name});
  const std::string near = nearest(command, candidates);
  return fmt::format("unknown command {} (there is none of that name){}", command,
                     near.empty() ? ". See fleetsne --help" : ". Did you mean " + near + "?");
}

}  // namespace

int run_program(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (const Command run = find_command(command)) return run(comm, rest);
  if (command == "--version") {
    print_on_root(comm, version_text());
    return EXIT_SUCCESS;
  }
  if (command == "--help" || command == "-h" || command == "help") {
    if (const Command about = rest.empty() ? nullptr : find_command(rest.front()))
      return about(comm, {"--help"});
    comm::on_root(comm, [&] {
      if (command == "help" && !rest.empty()) throw base::UsageError(unknown_command(rest.front()));
    });
    print_on_root(comm, overview);
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
