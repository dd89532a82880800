#include "fleetsne/app/command.hpp"

#include "fleetsne/app/ini.hpp"
#include "fleetsne/app/terminal.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fleetsne::app {
namespace {

template <class Config>
void with_options(const std::function<void(const OptionTable&)>& use) {
  Config config;
  use(option_table(config));
}

void with_sweep_options(const std::function<void(const OptionTable&)>& use) {
  sweep::SweepConfig config;
  run::Config base;
  use(option_table(config, base));
}

constexpr std::array all{
    Command{"affinity", "find neighbours and keep their affinities in a file, for many embeddings", affinity,
            with_options<run::AffinitiesConfig>},
    Command{"embed", "embed the rows of files with t-SNE", embed, with_options<run::Config>},
    Command{"evaluate", "judge embeddings by the data that they show", evaluate,
            with_options<run::EvaluateConfig>},
    Command{"generate", "write cell-like rows of any number", generate, with_options<run::GenerateConfig>},
    Command{"info", "tell what a file is, made of what, and whether it is complete", info,
            with_options<run::InfoConfig>},
    Command{"plot", "draw embeddings, also as an animation", plot, with_options<run::DrawConfig>},
    Command{"sweep", "embed the same rows in many ways, and compare them", sweep, with_sweep_options},
    Command{"transform", "put new rows into an embedding that is there", transform,
            with_options<run::TransformConfig>},
};

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

}  // namespace

std::span<const Command> commands() {
  return all;
}

const Command* find_command(const std::string& name) {
  const auto* found = std::ranges::find_if(all, [&](const Command& command) { return command.name == name; });
  return found == all.end() ? nullptr : found;
}

run::About about_run(const OptionTable& table, const std::vector<std::string>& arguments) {
  run::About about{
      .version = FLEETSNE_VERSION, .command = {"fleetsne", table.command}, .config = to_json(table)};
  about.command.insert(about.command.end(), arguments.begin(), arguments.end());
  return about;
}

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

}  // namespace fleetsne::app
