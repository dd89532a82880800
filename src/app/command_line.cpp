#include "fleetsne/app/command_line.hpp"

#include "fleetsne/app/ini.hpp"
#include "fleetsne/app/option_table.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/run/schedule.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace fleetsne::app {
namespace {

namespace po = boost::program_options;

/// Spelled as the table spells them: --early_iterations is --early-iterations, -h is --help, and a flag alone
/// is flag=true, since Program_options would take the next word for its value. What follows -- is left alone.
std::vector<std::string> normalised(std::vector<std::string> arguments, const OptionTable& table) {
  const std::vector<std::string> general = table.general();
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument == "-h") argument = "--help";
    if (!argument.starts_with("--")) continue;
    const std::size_t name_end = std::min(argument.find('='), argument.size());
    std::replace(argument.begin(), argument.begin() + static_cast<std::ptrdiff_t>(name_end), '_', '-');
    const Option* option = find_option(table, argument.substr(2));
    const bool flag = option != nullptr && option->value.kind == ValueKind::flag;
    const bool stops = argument != "--config" && std::ranges::count(general, argument.substr(2)) > 0;
    if (flag || stops) argument += "=true";
  }
  return arguments;
}

po::options_description describe(const OptionTable& table) {
  po::options_description description;
  const auto add = [&](const std::string& name) {
    description.add_options()(name.c_str(), po::value<std::string>(), "");
  };
  for (const Option& option : table) {
    add(option.dotted());
    if (!option.shorthand.empty()) add(option.shorthand);
  }
  for (const std::string& general : table.general()) add(general);
  return description;
}

/// The command line as pairs of name and value; prefixes are not guessed, `-5` is a value.
po::parsed_options split(const std::vector<std::string>& arguments, const OptionTable& table) {
  namespace style = po::command_line_style;
  const po::options_description known = describe(table);
  try {
    return po::command_line_parser(normalised(arguments, table))
        .options(known)
        .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
        .allow_unregistered()
        .run();
  } catch (const po::invalid_command_line_syntax& error) {
    const std::string name = error.get_option_name();
    const Option* option =
        find_option(table, name.substr(std::min(name.find_first_not_of('-'), name.size())));
    throw base::UsageError(fmt::format("{} needs a value (nothing follows it). Write {} {}", name, name,
                                       option != nullptr ? option->value.placeholder : "FILE"));
  } catch (const po::error& error) {
    throw base::UsageError(
        fmt::format("{} (the command line cannot be understood). {}", error.what(), see_help(table)));
  }
}

/// Of a file that holds anything else than text.
bool is_no_text(char letter) {
  return letter >= 0 && letter < ' ' && letter != '\t' && letter != '\n' && letter != '\r';
}

/// @param written  with its dashes
std::string unknown_option(const OptionTable& table, const std::string& written) {
  const std::string name = written.substr(std::min(written.find_first_not_of('-'), written.size()));
  const std::string near = nearest_option(table, name);
  return fmt::format("unknown option {} (no option is called so){}", written,
                     near.empty() ? ". " + see_help(table) : ". Did you mean --" + near + "?");
}

/// Whether a word that is not an option's value is a mistyped option, and not a file.
bool looks_like_option(const std::string& word) {
  std::error_code error;
  return word.size() > 1 && word[0] == '-' && !std::filesystem::exists(word, error);
}

}  // namespace

std::string contents_of_config(const std::string& file) {
  const auto refuse = [&](const char* why) {
    throw base::UsageError(fmt::format("the config file {} cannot be read ({}). Check its name", file, why));
  };
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::directory) refuse("it is a directory");
  if (!std::filesystem::exists(status)) refuse("there is no such file");
  // A pipe may never be written to, a device may never end.
  if (status.type() != std::filesystem::file_type::regular) refuse("it is no regular file");
  std::ifstream stream(file);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf() || stream.peek() == EOF)) refuse("permission or disk");
  std::string contents = text.str();
  if (std::ranges::any_of(contents, is_no_text)) refuse("there are bytes in it that no text has");
  return contents;
}

Request parse_command_line(const std::vector<std::string>& arguments, OptionTable& table) {
  const po::parsed_options parsed = split(arguments, table);
  run::Problems problems;
  Request request = Request::run;
  for (const po::option& given : parsed.options) {
    if (given.string_key == "help") return Request::help;
    if (given.string_key == "dump-config") request = Request::dump_config;
    if (given.string_key == "dry-run" && request == Request::run) request = Request::dry_run;
    if (given.string_key == "config")
      apply_ini(contents_of_config(given.value.front()), given.value.front(), table, problems);
  }
  const std::vector<std::string> general = table.general();
  std::set<const Option*> begun, told;
  for (const po::option& given : parsed.options) {
    if (std::ranges::count(general, given.string_key) > 0 && !given.unregistered) continue;
    const bool word = given.string_key.empty();
    if (given.unregistered || (word && looks_like_option(given.value.front()))) {
      problems.add(unknown_option(table, word ? given.value.front() : "--" + given.string_key));
      continue;
    }
    if (word && table.words.empty()) {
      problems.add(fmt::format("{} stands alone (fleetsne {} takes only options). {}", given.value.front(),
                               table.command, see_help(table)));
      continue;
    }
    const Option* option = find_option(table, word ? table.words : given.string_key);
    told.insert(option);
    if (option->value.kind == ValueKind::list && begun.insert(option).second) option->value.clear();
    if (const auto why_not = option->value.set(given.value.front()))
      problems.add(
          refusal(*option, (word ? "" : "--" + given.string_key + " ") + given.value.front(), *why_not));
  }
  for (const Option* option : told)
    if (told.contains(find_option(table, option->rival))) problems.add(run::both_given(option->spelling()));
  problems.raise();
  return request;
}

}  // namespace fleetsne::app
