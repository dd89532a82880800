#include "fleetsne/app/command.hpp"
#include "fleetsne/run/draw.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

namespace fleetsne::app {

int plot(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::DrawConfig config;
  OptionTable table = option_table(config);
  if (!wanted_work(comm, arguments, table)) return EXIT_SUCCESS;
  base::Log log = make_log(comm, config.run);
  const run::Drawn drawn = run::draw(comm, config, log);
  print_on_root(
      comm, fmt::format(
                "{}\nRESULT points={} embeddings={} window={:g},{:g},{:g},{:g} ranks={} seconds={:.2f}\n",
                fmt::join(drawn.files, "\n"), drawn.points, config.input.embeddings.size(), drawn.window.left,
                drawn.window.right, drawn.window.bottom, drawn.window.top, comm.size(), drawn.seconds));
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
