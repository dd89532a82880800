#include "fleetsne/app/command_line.hpp"

#include <fmt/format.h>

#include <sstream>

namespace fleetsne::app {
namespace {

constexpr std::size_t width = 100;

constexpr const char* last_words =
    "An option given twice on the command line holds its last value. --output.force=false undoes a config "
    "file's.\n";

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

std::string explanation(const Option& option) {
  const char* repeatable = option.value.kind == ValueKind::list ? ". Repeatable" : "";
  return option.help + repeatable + default_of(option.value);
}

std::string help_text(const OptionTable& table) {
  std::string result = table.introduction;
  result += "\nOptions:\n";
  for (const GeneralOption& option : general_options(table)) {
    const std::string placeholder = option.placeholder.empty() ? "" : " " + option.placeholder;
    result += fmt::format("  {}--{}{}\n", option.name == "help" ? "-h, " : "", option.name, placeholder);
    result += wrapped(option.help, 6);
  }
  result += last_words;
  std::string section;
  for (const Option& option : table) {
    if (option.section != section) result += fmt::format("\n[{}]\n", option.section);
    section = option.section;
    const std::string placeholder = option.value.placeholder.empty() ? "" : " " + option.value.placeholder;
    const std::string shorthand = option.shorthand.empty() ? "" : "--" + option.shorthand + ", ";
    result += fmt::format("  {}--{}{}\n", shorthand, option.dotted(), placeholder);
    result += wrapped(explanation(option), 6);
  }
  return result;
}

}  // namespace fleetsne::app
