#pragma once

#include "fleetsne/app/ini.hpp"
#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/problems.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fleetsne::app {

/// The file of a sweep: a config file as embed takes it, which holds for every row, and
///   [grid]       OPTION = VALUE, VALUE, ...    every combination of these is a row. With | between values,
///   these
///                                              may have commas in them
///   [row.NAME]   OPTION = VALUE                a row by itself
/// OPTION is spelled as on the command line, without dashes in front.
struct SweepFile {
  struct NamedRow {
    std::string name;
    int line = 0;
    std::vector<IniEntry> settings;
  };
  std::vector<IniEntry> base, grid;
  std::vector<NamedRow> rows;
};

/// Problems are added with `file` and line in front, also those of names and values that do not depend on
/// options.
SweepFile read_sweep_file(const std::string& text, const std::string& file, run::Problems& problems);

/// A row's name and what it sets: dotted names of options and values.
struct SweepRow {
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;
};

/// Largest number of rows that a sweep has.
inline constexpr std::size_t most_sweep_rows = 10'000;

/// The rows, those of the grid first, the last of its options varying fastest. Each has a name that is a
/// folder's: of the grid's rows OPTION-VALUE and so on.
/// @param table  of what can be set; its values are not touched
std::vector<SweepRow> sweep_rows(const SweepFile& sweep, const std::string& file, const OptionTable& table,
                                 run::Problems& problems);

/// A config in which a row's settings are made; returns what is wrong with them, empty if nothing is.
std::string apply_settings(const SweepRow& row, run::Config& config);

}  // namespace fleetsne::app
