#include "fleetsne/app/option_table.hpp"

#include "fleetsne/app/suggestion.hpp"

#include <algorithm>

namespace fleetsne::app {

std::vector<std::string> OptionTable::general() const {
  std::vector<std::string> names;
  for (const GeneralOption& option : general_options(*this)) names.push_back(option.name);
  return names;
}

std::vector<GeneralOption> general_options(const OptionTable& table) {
  std::vector<GeneralOption> options{
      {"config", "FILE",
       "Read options from FILE: lines KEY = VALUE under [SECTION], as --SECTION.KEY names them here. "
       "Repeatable; a later file wins, and the command line wins over all."},
      {"dump-config", "", "Print every option with its value as such a file, and stop."}};
  if (table.can_run_dry)
    options.push_back({"dry-run", "",
                       "Check the input and every option, try the stages on samples of the rows, print the "
                       "memory of a rank and the time that the run would take, and stop; an error if the "
                       "memory would not do."});
  options.push_back({"help", "", "Print this, and stop."});
  return options;
}

std::vector<Option> execution_options(run::ExecutionConfig& c) {
  using run::LogChoice;
  return {
      {"run", "threads", "threads", whole(c.threads),
       "Threads of a rank; 0: the CPUs it was given, shared with the other ranks there"},
      {"run", "seed", "seed", whole(c.seed), "Seed of every random choice"},
      {"run", "quiet", "quiet", flag(c.quiet), "No log, only the result and errors"},
      {"run", "log", "log",
       choice(c.log, {{"auto", LogChoice::automatic}, {"bar", LogChoice::bar}, {"plain", LogChoice::plain}}),
       "Progress as bars or as plain lines; auto: bars on a terminal"},
      {"run", "patience", "patience", real(c.patience),
       "Minutes that a rank waits for the others before it takes them for lost and ends all; 0: for ever"},
  };
}

std::string see_help(const OptionTable& table) {
  return "See fleetsne " + table.command + " --help";
}

const Option* find_option(const OptionTable& table, const std::string& name) {
  const auto found = std::ranges::find_if(table, [&](const Option& option) {
    return option.dotted() == name || (!option.shorthand.empty() && option.shorthand == name);
  });
  return found == table.end() ? nullptr : &*found;
}

std::string nearest_option(const OptionTable& table, const std::string& name) {
  std::vector<Candidate> candidates;
  for (const Option& option : table) {
    candidates.push_back({option.dotted(), option.dotted()});
    if (!option.shorthand.empty()) candidates.push_back({option.shorthand, option.shorthand});
    candidates.push_back({option.name, option.dotted()});
  }
  for (const std::string& general : table.general()) candidates.push_back({general, general});
  return nearest(name, candidates);
}

nlohmann::json to_json(const OptionTable& table) {
  nlohmann::json result = nlohmann::json::object();
  for (const Option& option : table) {
    std::string key = option.name;
    std::ranges::replace(key, '-', '_');
    result[option.section][key] = option.value.json();
  }
  return result;
}

}  // namespace fleetsne::app
