// Config files: what is read of one is set as options of `fleetsne embed`, and written back.
#include "fleetsne/app/ini.hpp"

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

/// The lines that count. What the stages rule out is written as a comment, with the value that it would have.
std::string without_comments(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with('#')) result += line + '\n';
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleetsne;
  run::Config config;
  app::OptionTable table = app::option_table(config);
  run::Problems problems;
  app::apply_ini(std::string(data, data + size), "run.cfg", table, problems);
  // What was taken is taken again, to the same end.
  const std::string written = app::write_ini(table);
  run::Config again;
  app::OptionTable second = app::option_table(again);
  run::Problems none;
  app::apply_ini(written, "written.cfg", second, none);
  none.raise();
  if (without_comments(app::write_ini(second)) != without_comments(written)) std::abort();
  return 0;
}
