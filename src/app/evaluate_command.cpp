#include "fleetsne/app/command.hpp"
#include "fleetsne/run/evaluate.hpp"

#include <cstdlib>

namespace fleetsne::app {

int evaluate(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::EvaluateConfig config;
  OptionTable table = option_table(config);
  if (!wanted_work(comm, arguments, table)) return EXIT_SUCCESS;
  base::Log log = make_log(comm, config.run);
  print_on_root(comm, to_text(run::evaluate(comm, config, log)));
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
