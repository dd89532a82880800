// Sweep files: their rows, and the settings of each as options of `fleetsne embed`.
#include "fleetsne/app/sweep_file.hpp"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleetsne;
  run::Problems problems;
  const app::SweepFile sweep = app::read_sweep_file(std::string(data, data + size), "sweep.cfg", problems);
  run::Config config;
  const app::OptionTable table = app::option_table(config);
  int rows = 0;
  for (const app::SweepRow& row : app::sweep_rows(sweep, "sweep.cfg", table, problems)) {
    if (++rows > 20) break;  // the others are of the same kind
    run::Config of_row = config;
    app::apply_settings(row, of_row);
  }
  return 0;
}
