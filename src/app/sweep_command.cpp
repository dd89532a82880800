#include "fleetsne/app/command.hpp"
#include "fleetsne/app/ini.hpp"
#include "fleetsne/app/sweep_file.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/sweep/sweep.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fleetsne::app {
namespace {

/// Points that a row of a sweep is judged by, if nothing else is said.
constexpr std::size_t judged_points = 1000;

/// All that a user has said of a sweep. Stays where it is: the table writes to it.
struct Asked {
  sweep::SweepConfig config;
  run::Config base;
  OptionTable table = option_table(config, base);
  std::vector<SweepRow> rows;

  Asked() {
    base.checkpoint.resume = "auto";
    base.quality.sample = judged_points;
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
};

/// The sweep's file first, the command line over it. By one rank alone; throws UsageError.
Request read_request(const std::vector<std::string>& arguments, Asked& asked) {
  Asked first;  // the command line alone tells where the file is
  const Request wanted = parse_command_line(arguments, first.table);
  if (wanted == Request::help) return wanted;
  const std::string file = first.config.file;
  if (file.empty())
    throw base::UsageError(
        "no sweep was given (there are no rows without it). Name its file: fleetsne sweep FILE --output DIR");
  run::Problems problems;
  const SweepFile sweep = read_sweep_file(contents_of_config(file), file, problems);
  apply_entries(sweep.base, file, asked.table, problems);
  asked.rows = sweep_rows(sweep, file, asked.table, problems);
  problems.raise();
  parse_command_line(arguments, asked.table);
  run::Problems of_rows;
  for (const SweepRow& row : asked.rows) {
    run::Config config = asked.base;
    const std::string wrong = apply_settings(row, config);
    of_rows.require(wrong.empty(), fmt::format("{}, row {}: {}", file, row.name, wrong));
  }
  of_rows.require(!asked.base.output.directory.empty(),
                  "no output directory was given (the rows need a place). Add --output DIR");
  of_rows.require(asked.base.neighbor_files.save.empty(),
                  "--neighbors.save was given (a sweep keeps the neighbours that rows share itself, in "
                  "DIR/shared). Leave it out");
  of_rows.require(
      asked.base.checkpoint.resume == "auto",
      "--resume was given (a sweep always goes on with what is there). Leave it out, or add --force "
      "to begin anew");
  of_rows.raise();
  return wanted;
}

/// Read on rank 0; the other ranks get what it amounts to.
Request agree_on_sweep(const comm::Communicator& comm, const std::vector<std::string>& arguments,
                       Asked& asked) {
  Request request = Request::run;
  nlohmann::json amounts;
  comm::on_root(comm, [&] {
    request = read_request(arguments, asked);
    amounts = {{"options", write_ini(asked.table)}, {"rows", nlohmann::json::array()}};
    for (const SweepRow& row : asked.rows) amounts["rows"].push_back({row.name, row.settings});
  });
  // Bytes of a path need not be UTF-8, which JSON as text would have to be.
  const std::vector<std::uint8_t> packed = nlohmann::json::to_cbor(amounts);
  const std::string bytes = comm.broadcast(std::string(packed.begin(), packed.end()), 0);
  if (comm.rank() != 0) {
    amounts = nlohmann::json::from_cbor(bytes);
    run::Problems none;
    apply_ini(amounts.at("options").get<std::string>(), "configuration of rank 0", asked.table, none);
    for (const nlohmann::json& row : amounts.at("rows"))
      asked.rows.push_back(
          {row.at(0).get<std::string>(), row.at(1).get<std::vector<std::pair<std::string, std::string>>>()});
  }
  return comm.broadcast(request, 0);
}

std::vector<sweep::Row> rows_of(const Asked& asked) {
  std::vector<sweep::Row> rows;
  for (const SweepRow& row : asked.rows) {
    rows.push_back({.name = row.name, .settings = row.settings, .config = asked.base});
    apply_settings(row, rows.back().config);
  }
  return rows;
}

}  // namespace

int sweep(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  Asked asked;
  const std::string help = help_text(asked.table);
  const Request request = agree_on_sweep(comm, arguments, asked);
  if (request == Request::help) {
    print_on_root(comm, help);
    return EXIT_SUCCESS;
  }
  if (request == Request::dump_config) {
    print_on_root(comm, write_ini(asked.table));
    return EXIT_SUCCESS;
  }
  sweep::SweepConfig& config = asked.config;
  config.force = asked.base.output.force;
  config.checkpoint = asked.base.checkpoint;
  comm::agree(comm, [&] { sweep::check_config(config, comm.size()); });
  const sweep::Describe describe = [&](run::Config& row) {
    run::About about = about_run(option_table(row), arguments);
    about.command = {"fleetsne", "sweep"};
    about.command.insert(about.command.end(), arguments.begin(), arguments.end());
    return about;
  };
  const sweep::Plan plan =
      sweep::make_plan(rows_of(asked), asked.base.output.directory, asked.base.run.seed, describe);
  if (config.part == sweep::Part::all) sweep::check_rows(comm, plan);
  if (request == Request::dry_run) {
    print_on_root(comm, sweep::preview(comm, plan, config, describe));
    return EXIT_SUCCESS;
  }
  base::Log log = make_log(comm, asked.base.run);
  print_on_root(comm, sweep::run_sweep(comm, plan, config, arguments, describe, log));
  // The job for the table has the words of the command that submitted it.
  const bool ended =
      config.part == sweep::Part::table || (config.part == sweep::Part::all && config.submit.empty());
  comm::on_root(comm, [&] {
    if (ended) sweep::expect_done(plan);
  });
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
