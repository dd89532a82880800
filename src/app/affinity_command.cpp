#include "fleetsne/app/command.hpp"
#include "fleetsne/run/affinities.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fleetsne::app {

int affinity(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::AffinitiesConfig config;
  OptionTable table = option_table(config);
  if (!wanted_work(comm, arguments, table)) return EXIT_SUCCESS;
  if (config.force) run::begin_anew(config.embed.checkpoint);
  base::Log log = make_log(comm, config.embed.run);
  const run::MadeAffinities made = run::make_affinities(comm, config, about_run(table, arguments), log);
  print_on_root(
      comm, fmt::format("{}\nRESULT points={} edges={} bytes={} bytes_per_edge={:.2f} ranks={} threads={} "
                        "recall={:.4f} seconds={:.2f}\n",
                        config.file, made.points, made.affinity.edges, made.bytes,
                        static_cast<double>(made.bytes) / static_cast<double>(made.affinity.edges),
                        comm.size(), made.threads, made.recall, made.seconds));
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
