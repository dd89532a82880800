#pragma once

#include "fleetsne/app/option.hpp"
#include "fleetsne/run/affinities.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/draw.hpp"
#include "fleetsne/run/evaluate.hpp"
#include "fleetsne/run/generate.hpp"
#include "fleetsne/run/identify.hpp"
#include "fleetsne/run/transform.hpp"
#include "fleetsne/sweep/config.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace fleetsne::app {

/// An option that config files go without: the file itself, and what stops before the work.
struct GeneralOption {
  std::string name;
  std::string placeholder;  ///< of its value; empty: it takes none
  std::string help;
};

/// Every option of one command, by section. Command line, config files, help, man pages, completion,
/// --dump-config and suggestions all derive from this.
struct OptionTable {
  std::string command;       ///< as in `fleetsne COMMAND`
  std::string introduction;  ///< of its help: usage, what it does, examples
  std::string words;  ///< dotted name of the option that words without one belong to; empty: there are none
  std::vector<Option> options;
  bool can_run_dry = false;  ///< the command knows --dry-run

  /// Names of the options that every config file goes without.
  std::vector<std::string> general() const;

  auto begin() const { return options.begin(); }
  auto end() const { return options.end(); }
  auto begin() { return options.begin(); }
  auto end() { return options.end(); }
  std::size_t size() const { return options.size(); }
  const Option& operator[](std::size_t i) const { return options[i]; }
};

/// The options of `fleetsne embed`. They read and write `config`, which must outlive them and stay where it
/// is.
OptionTable option_table(run::Config& config);

/// The same for `fleetsne evaluate`.
OptionTable option_table(run::EvaluateConfig& config);

/// The same for `fleetsne generate`.
OptionTable option_table(run::GenerateConfig& config);

/// The same for `fleetsne affinity`.
OptionTable option_table(run::AffinitiesConfig& config);

/// The options of the neighbour search and the affinities.
std::vector<Option> neighbor_options(run::Config& config);

/// The options of where a result goes, and of its picture.
std::vector<Option> result_options(run::Config& config);

/// The same for `fleetsne plot`.
OptionTable option_table(run::DrawConfig& config);

/// The same for `fleetsne info`.
OptionTable option_table(run::InfoConfig& config);

/// The same for `fleetsne transform`.
OptionTable option_table(run::TransformConfig& config);

/// The options of `fleetsne sweep`: its own, and those of embed that hold for every row.
OptionTable option_table(sweep::SweepConfig& config, run::Config& base);

/// The options that every command has under [run].
std::vector<Option> execution_options(run::ExecutionConfig& config);

/// The options that a command has besides those of its table: --config, --dump-config, --dry-run if it knows
/// that, --help.
std::vector<GeneralOption> general_options(const OptionTable& table);

/// Options of a command that keeps what it has reached, and stops when it is asked to.
std::vector<Option> checkpoint_options(run::CheckpointConfig& config, const std::string& folder,
                                       const std::string& stop_file);

/// "See fleetsne COMMAND --help".
std::string see_help(const OptionTable& table);

/// The option whose dotted name or shorthand this is, without dashes in front; null if there is none.
const Option* find_option(const OptionTable& table, const std::string& name);

/// What a user who wrote `name` may have meant: the nearest of all spellings, or empty if none is near.
std::string nearest_option(const OptionTable& table, const std::string& name);

/// Every option with its value, by section; names with _ for -.
nlohmann::json to_json(const OptionTable& table);

}  // namespace fleetsne::app
