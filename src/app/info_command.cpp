#include "fleetsne/app/command.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/identify.hpp"
#include "fleetsne/run/report.hpp"

#include <cstdlib>

namespace fleetsne::app {

int info(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::InfoConfig config;
  OptionTable table = option_table(config);
  if (!wanted_work(comm, arguments, table)) return EXIT_SUCCESS;
  comm::agree(comm, [&] {
    if (config.files.empty())
      throw base::UsageError(
          "no file was given (there is nothing to tell about). Name one or more: fleetsne info FILE...");
  });
  std::string text;
  for (const std::string& file : config.files) {
    nlohmann::json found = run::identify(comm, file);
    if (config.json) {
      found["file"] = file;
      text += found.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
      continue;
    }
    if (config.files.size() > 1) text += (text.empty() ? "" : "\n") + file + "\n";
    text += run::identity_text(found);
  }
  print_on_root(comm, text);
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
