#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/identify.hpp"

namespace fleetsne::app {
namespace {

constexpr const char* info_introduction = R"(Usage: fleetsne info FILE... [OPTIONS]

Tells what files are that FleetSNE wrote: embeddings, affinities, neighbours, checkpoints (of iterations and
epochs, starts, and each rank's part of a search for neighbours) and reports; what they were made of, when and how, and whether they are complete. Of any other file that can be embedded its shape.

Examples:
  fleetsne info out/embedding.h5ad
  fleetsne info out/checkpoint/*.h5 out/checkpoint/neighbors/*.h5 aff50.h5
  fleetsne info --json out/report.json | jq .points
)";

}  // namespace

OptionTable option_table(run::InfoConfig& c) {
  std::vector<Option> options{
      {"input", "files", "", list(c.files, "FILE"),
       "File to tell about. On the command line the word FILE alone does"},
      {"output", "json", "json", flag(c.json), "A line of JSON for each file, for programs"},
  };
  return {.command = "info",
          .introduction = info_introduction,
          .words = "input.files",
          .options = std::move(options)};
}

}  // namespace fleetsne::app
