#include "fleetsne/app/command.hpp"
#include "fleetsne/run/generate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

namespace fleetsne::app {

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

}  // namespace fleetsne::app
