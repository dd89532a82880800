#include "fleetsne/app/sweep_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace fleetsne::app {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view row_prefix = "row.";
constexpr std::size_t longest_name = 120;

bool is_plain(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < 0x80 &&
         (std::isalnum(byte) != 0 || letter == '-' || letter == '_' || letter == '.' || letter == '+');
}

/// Whether a folder can be called so: never . or .., and not hidden.
bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= longest_name && text[0] != '.' &&
         std::ranges::all_of(text, is_plain);
}

std::vector<std::string> values_of(const std::string& text) {
  const char between = text.find('|') != std::string::npos ? '|' : ',';
  std::vector<std::string> values;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(between, at), text.size());
    const std::string part = text.substr(at, end - at);
    const std::size_t first = part.find_first_not_of(" \t");
    values.push_back(
        first == std::string::npos ? "" : part.substr(first, part.find_last_not_of(" \t") - first + 1));
    at = end + 1;
  }
  return values;
}

/// Why rows cannot differ in an option, as (WHY IT IS ONE). WHAT TO DO; null if they can.
const char* unsweepable(const Option& option) {
  if (option.section == "output" || option.section == "sweep")
    return "(the sweep has one folder, with one for each row in it). Set it for all of them";
  if (option.section == "checkpoint" || (option.section == "run" && option.name != "seed"))
    return "(it is the same for the whole sweep). Set it for all of them";
  if (option.dotted() == "neighbors.save") return "(the sweep keeps neighbours itself). Leave it out";
  return nullptr;
}

/// Looks options up, and tells what is wrong with the file's lines.
class Lines {
 public:
  Lines(const std::string& file, const OptionTable& table, run::Problems& problems)
      : file_(file), table_(table), problems_(problems) {}

  void problem(int line, const std::string& what) {
    problems_.add(fmt::format("{}:{}: {}", file_, line, what));
  }

  /// Null, and a problem, if there is no such option or it cannot be set in [where].
  const Option* option(const IniEntry& entry) {
    std::string key = entry.key;
    std::ranges::replace(key, '_', '-');
    const Option* found = find_option(table_, key);
    if (found == nullptr) {
      const std::string near = nearest_option(table_, key);
      problem(entry.line,
              fmt::format("unknown option {} in [{}] (no option is called so){}", entry.key, entry.section,
                          near.empty() ? ". " + see_help(table_) : ". Did you mean " + near + "?"));
    } else if (const char* why_not = unsweepable(*found)) {
      problem(entry.line, fmt::format("rows cannot differ in {} {}", entry.key, why_not));
      found = nullptr;
    }
    return found;
  }

 private:
  const std::string& file_;
  const OptionTable& table_;
  run::Problems& problems_;
};

/// A value as a part of a folder's name.
std::string name_part(const Option& option, const std::string& value) {
  std::string part = (option.shorthand.empty() ? option.name : option.shorthand) + "-" + value;
  std::ranges::replace_if(
      part, [](char letter) { return !is_plain(letter); }, '_');
  return part;
}

void add_grid(const SweepFile& sweep, Lines& lines, std::vector<SweepRow>& rows) {
  std::vector<SweepRow> grid(sweep.grid.empty() ? 0 : 1);
  std::set<const Option*> seen;
  for (const IniEntry& entry : sweep.grid) {
    const Option* option = lines.option(entry);
    if (option == nullptr) continue;
    if (!seen.insert(option).second) {
      lines.problem(entry.line,
                    fmt::format("{} stands twice in [grid] (one line has all its values). Put them "
                                "in one line",
                                entry.key));
      continue;
    }
    const std::vector<std::string> values = values_of(entry.value);
    if (values.size() * grid.size() > most_sweep_rows) {
      lines.problem(entry.line,
                    fmt::format("the grid has more than {} rows (a sweep cannot have so many). Give fewer "
                                "values, or divide it",
                                most_sweep_rows));
      return;
    }
    std::vector<SweepRow> finer;
    for (const SweepRow& row : grid)
      for (const std::string& value : values) {
        finer.push_back(row);
        finer.back().name += (row.name.empty() ? "" : "_") + name_part(*option, value);
        finer.back().settings.emplace_back(option->dotted(), value);
      }
    grid = std::move(finer);
  }
  if (seen.empty()) return;  // nothing but problems
  for (std::size_t r = 0; r < grid.size(); ++r) {
    if (!is_name(grid[r].name)) grid[r].name = fmt::format("grid-{}", r + 1);
    rows.push_back(std::move(grid[r]));
  }
}

void add_named(const SweepFile& sweep, Lines& lines, std::vector<SweepRow>& rows) {
  for (const SweepFile::NamedRow& named : sweep.rows) {
    SweepRow row{.name = named.name, .settings = {}};
    for (const IniEntry& entry : named.settings)
      if (const Option* option = lines.option(entry))
        row.settings.emplace_back(option->dotted(), entry.value);
    rows.push_back(std::move(row));
  }
}

}  // namespace

SweepFile read_sweep_file(const std::string& text, const std::string& file, run::Problems& problems) {
  SweepFile sweep;
  for (IniEntry& entry : read_ini(text, file, problems)) {
    const bool named = entry.section.starts_with(row_prefix);
    if (named && entry.header) {
      const std::string name = entry.section.substr(row_prefix.size());
      if (!is_name(name))
        problems.add(
            fmt::format("{}:{}: [{}] has no name that a folder can have (letters, digits and -_.+, at "
                        "most {}). Give it another",
                        file, entry.line, entry.section, longest_name));
      sweep.rows.push_back({.name = name, .line = entry.line, .settings = {}});
    } else if (named) {
      sweep.rows.back().settings.push_back(std::move(entry));
    } else if (entry.section == "grid") {
      if (!entry.header) sweep.grid.push_back(std::move(entry));
    } else {
      sweep.base.push_back(std::move(entry));
    }
  }
  return sweep;
}

std::vector<SweepRow> sweep_rows(const SweepFile& sweep, const std::string& file, const OptionTable& table,
                                 run::Problems& problems) {
  Lines lines(file, table, problems);
  std::vector<SweepRow> rows;
  add_grid(sweep, lines, rows);
  add_named(sweep, lines, rows);
  if (sweep.grid.empty() && sweep.rows.empty())
    problems.add(
        fmt::format("{} has no rows (a sweep is a [grid] of OPTION = VALUE, VALUE, ... or sections "
                    "[row.NAME]). Add one, or run fleetsne embed --config {}",
                    file, file));
  std::set<std::string> names;
  for (const SweepRow& row : rows)
    if (!names.insert(row.name).second)
      problems.add(fmt::format(
          "{} has two rows {} (each has a folder of its name). Rename one, or leave it out", file, row.name));
  return rows;
}

std::string apply_settings(const SweepRow& row, run::Config& config) {
  OptionTable table = option_table(config);
  std::set<const Option*> begun;
  std::string wrong;
  for (const auto& [name, value] : row.settings) {
    const Option* option = find_option(table, name);
    if (option->value.kind == ValueKind::list && begun.insert(option).second) option->value.clear();
    if (const auto why_not = option->value.set(value))
      wrong += (wrong.empty() ? "" : "\n") + refusal(*option, fmt::format("{} = {}", name, value), *why_not);
  }
  return wrong;
}

}  // namespace fleetsne::app
