#pragma once

#include "fleetsne/app/option.hpp"
#include "fleetsne/run/config.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace fleetsne::app {

/// Every option of `fleetsne embed`, by section. Command line, config files, help, --dump-config and
/// suggestions all derive from this. The options read and write `config`, which must outlive them and stay
/// where it is.
std::vector<Option> option_table(run::Config& config);

/// The option whose dotted name or shorthand this is, without dashes in front; null if there is none.
const Option* find_option(const std::vector<Option>& table, const std::string& name);

/// What a user who wrote `name` may have meant: the nearest of all spellings, or empty if none is near.
std::string nearest_option(const std::vector<Option>& table, const std::string& name);

/// Every option with its value, by section; names with _ for -.
nlohmann::json to_json(const std::vector<Option>& table);

}  // namespace fleetsne::app
