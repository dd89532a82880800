#include "fleetsne/app/command_line.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <string_view>

namespace fleetsne::app {
namespace {

constexpr std::size_t width = 100;

constexpr const char* dry_run_option = R"(  --dry-run
      Check the input and every option, try the stages on samples of the rows, print the memory of a rank and
      the time that the run would take, and stop; an error if the memory would not do.
)";

constexpr const char* general_options = R"(
Options:
  --config FILE
      Read options from FILE: lines KEY = VALUE under [SECTION], as --SECTION.KEY names them here.
      Repeatable; a later file wins, and the command line wins over all.
  --dump-config
      Print every option with its value as such a file, and stop.
)";

constexpr const char* help_option = R"(  -h, --help
      Print this, and stop.
An option given twice on the command line holds its last value. --output.force=false undoes a config file's.
)";

/// Words of `text` in lines of at most `width`, each indented by `indent`.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream words(text);
  std::string result, line, word;
  while (words >> word) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      result += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return result + std::string(indent, ' ') + line + "\n";
}

std::string default_of(const Value& value) {
  const auto values = value.get();
  if (value.kind == ValueKind::flag || values.empty() || values.front().empty()) return "";
  return fmt::format(" (default: {})", values.front());
}

}  // namespace

std::string help_text(const OptionTable& table) {
  std::string result = table.introduction;
  result += general_options;
  if (table.can_run_dry) result += dry_run_option;
  result += help_option;
  std::string section;
  for (const Option& option : table) {
    if (option.section != section) result += fmt::format("\n[{}]\n", option.section);
    section = option.section;
    const std::string placeholder = option.value.placeholder.empty() ? "" : " " + option.value.placeholder;
    const std::string shorthand = option.shorthand.empty() ? "" : "--" + option.shorthand + ", ";
    result += fmt::format("  {}--{}{}\n", shorthand, option.dotted(), placeholder);
    const char* repeatable = option.value.kind == ValueKind::list ? ". Repeatable" : "";
    result += wrapped(option.help + repeatable + default_of(option.value), 6);
  }
  return result;
}

}  // namespace fleetsne::app
