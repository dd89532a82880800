#pragma once

#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/status.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::sweep {

/// A row as the table shows it.
struct Outcome {
  std::string name;
  Status status;
  std::vector<std::pair<std::string, std::string>>
      settings;  ///< option and value, of all options that any row
                 ///< has of its own; those it lacks are left out
  std::vector<std::pair<std::string, std::optional<double>>> figures;  ///< the same for every row, in order
  std::string folder;                                                  ///< beside the table
  std::string picture;                                                 ///< the same; empty: there is none
};

/// What came of every row, from its status and its report. By one rank alone.
std::vector<Outcome> outcomes(const Plan& plan);

/// Comma-separated values with a header. Quoted as RFC 4180 has it.
std::string csv(const std::vector<Outcome>& rows);

/// A table for people: a line for each row, then what failed and why, then a RESULT line for each row.
std::string to_text(const std::vector<Outcome>& rows);

/// A page with all pictures side by side and the table, both in the order of the column that the reader
/// picks. It shows the pictures that lie in the rows' folders, else needs nothing beside it. All text is
/// escaped.
std::string page(const std::string& title, const std::vector<Outcome>& rows);

}  // namespace fleetsne::sweep
