#pragma once

#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/problems.hpp"

#include <span>
#include <string>
#include <vector>

namespace fleetsne::app {

/// `key = value` under [section], in a config file, or the line [section] itself.
struct IniEntry {
  std::string section;  ///< empty before the first [section]
  std::string key, value;
  int line = 0;
  bool header = false;  ///< [section]; then there is neither key nor value
};

/// Reads a config file. Lines that begin with # or ; are comments, and so is what follows a blank and #. A
/// value that would be misread (blanks at its ends, a #) stands in double quotes, with \" for " and \\ for \.
/// Program_options' own reader cuts values at any #, takes [] for a section and tells no line numbers.
/// Problems are added with `file` and line in front.
std::vector<IniEntry> read_ini(const std::string& text, const std::string& file, run::Problems& problems);

/// Every option with its help and its value, as read_ini and apply_ini take it back.
std::string write_ini(const OptionTable& table);

/// The dotted name that an entry means: _ is -.
std::string dotted_name(const IniEntry& entry);

/// Sets the options that a config file names. Keys may have _ for -.
void apply_entries(std::span<const IniEntry> entries, const std::string& file, OptionTable& table,
                   run::Problems& problems);

/// The same from its text.
void apply_ini(const std::string& text, const std::string& file, OptionTable& table, run::Problems& problems);

}  // namespace fleetsne::app
