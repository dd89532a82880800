#pragma once

#include "fleetsne/app/command.hpp"

#include <string>

namespace fleetsne::app {

/// The page fleetsne(1) in the macros of man(7): commands, files, signals, variables and exit codes.
std::string man_page();

/// The page fleetsne-COMMAND(1): the command's introduction and every option of its table.
std::string man_page(const Command& command);

/// A script that completes commands, options and their values in bash, made from the tables of all commands.
/// It needs nothing but bash 4.
std::string bash_completion();

}  // namespace fleetsne::app
