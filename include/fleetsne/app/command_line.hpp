#pragma once

#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fleetsne::app {

/// What a command was asked to do.
enum class Request : int { run, help, dump_config, dry_run };

/// Sets the options from config files and then from the command line, which so wins over them; a later file
/// wins over an earlier one. An option given twice in one place holds its last value; one that takes several
/// (INPUT, --labels of embed) gathers them, and replaces those of a file.
/// @param arguments  those after the command
/// Throws one UsageError that names every problem, also those of the config files. Not collective.
Request parse_command_line(const std::vector<std::string>& arguments, OptionTable& table);

/// The text of a config file. Throws UsageError if it cannot be read. Not collective.
std::string contents_of_config(const std::string& file);

/// The text of --help.
std::string help_text(const OptionTable& table);

/// What an option means, whether it is repeatable, and its default, as help and man pages say it.
std::string explanation(const Option& option);

}  // namespace fleetsne::app
