#include "fleetsne/app/command.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/dry_run.hpp"
#include "fleetsne/run/pipeline.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace fleetsne::app {
namespace {

std::string result_text(const nlohmann::json& report) {
  std::string text;
  for (const auto& file : report["files"]) text += file.get<std::string>() + "\n";
  const std::string found = report.contains("umap")
                                ? fmt::format("epochs={}", report["umap"]["epochs"].get<int>())
                                : fmt::format("kl={:.4f}", report["optimize"]["kl"].get<double>());
  const double recall = report["neighbors"]["recall"].get<double>();
  return text + fmt::format("RESULT points={} ranks={} threads={} {} recall={:.4f} seconds={:.2f}\n",
                            report["points"].get<std::int64_t>(), report["ranks"].get<int>(),
                            report["threads"].get<int>(), found, recall,
                            report["wall_seconds"].get<double>());
}

}  // namespace

int embed(const comm::Communicator& comm, const std::vector<std::string>& arguments) {
  run::Config config;
  OptionTable table = option_table(config);
  const auto request = wanted_work(comm, arguments, table);
  if (!request) return EXIT_SUCCESS;
  if (config.output.force) run::begin_anew(config.checkpoint);
  if (*request == Request::dry_run) {
    base::Log log = make_log(comm, config.run);
    const run::DryRun found = run::dry_run(comm, config, log);
    print_on_root(comm, to_text(found));
    comm::agree(comm, [&] { run::expect_room(config, found); });
    return EXIT_SUCCESS;
  }
  base::Log log = make_log(comm, config.run);
  print_on_root(comm, result_text(run::embed(comm, config, about_run(table, arguments), log)));
  return EXIT_SUCCESS;
}

}  // namespace fleetsne::app
