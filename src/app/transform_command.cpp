#include "fleetsne/app/command.hpp"
#include "fleetsne/run/transform.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fleetsne::app {
namespace {

std::string result_text(const nlohmann::json& report) {
  std::string text;
  for (const auto& file : report["files"]) text += file.get<std::string>() + "\n";
  return text + fmt::format("RESULT points={} ranks={} threads={} kl={:.4f} seconds={:.2f}\n",
                            report["points"].get<std::int64_t>(), report["ranks"].get<int>(),
                            report["threads"].get<int>(), report["optimize"]["kl"].get<double>(),
                            report["wall_seconds"].get<double>());
}

}  // namespace

int transform(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::TransformConfig config;
  OptionTable table = option_table(config);
  if (!wanted_work(comm, arguments, table)) return EXIT_SUCCESS;
  base::Log log = make_log(comm, config.embed.run);
  print_on_root(comm, result_text(run::transform(comm, config, about_run(table, arguments), log)));
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
