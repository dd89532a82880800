#include "fleetsne/app/ini.hpp"

#include "fleetsne/app/option_table.hpp"
#include "fleetsne/app/suggestion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

namespace fleetsne::app {
namespace {

constexpr const char* blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Without a comment: a # at the beginning or after a blank, and all that follows.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t'))
      return trimmed(text.substr(0, i));
  return trimmed(text);
}

/// The value that `text`, which begins with ", spells; nothing if it is not closed or more follows than a
/// comment.
std::optional<std::string> unquoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!without_comment(text.substr(i + 1)).empty()) return std::nullopt;
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      value += text[i] == 'n' ? '\n' : text[i];
    } else {
      value += text[i];
    }
  }
  return std::nullopt;
}

std::string quoted_if_need_be(const std::string& value) {
  const bool plain = value == trimmed(value) && value.find_first_of("#\"\n") == std::string::npos;
  if (plain) return value;
  std::string result = "\"";
  for (const char letter : value) {
    if (letter == '"' || letter == '\\') result += '\\';
    if (letter == '\n')
      result += "\\n";
    else
      result += letter;
  }
  return result + '"';
}

/// The dotted name that an entry means.
std::string dotted_name(const IniEntry& entry) {
  std::string key = entry.key;
  std::ranges::replace(key, '_', '-');
  return entry.section.empty() ? key : entry.section + "." + key;
}

std::string unknown_key(const OptionTable& table, const IniEntry& entry) {
  std::vector<Candidate> keys, sections;
  for (const Option& option : table) {
    sections.push_back({option.section, option.section});
    if (option.section == entry.section) keys.push_back({option.name, option.name});
  }
  std::string key = entry.key;
  std::ranges::replace(key, '_', '-');
  if (entry.section.empty())
    return fmt::format("unknown key {} (no option is called so, and it stands under no [section])",
                       entry.key);
  if (keys.empty()) {
    const std::string near = nearest(entry.section, sections);
    return fmt::format("unknown section [{}] (no option belongs to it){}", entry.section,
                       near.empty() ? ". " + see_help(table) : ". Did you mean [" + near + "]?");
  }
  std::string near = nearest(key, keys);
  std::string where;
  if (near.empty()) {
    near = nearest_option(table, key);
    if (const Option* option = find_option(table, near)) {
      near = option->name;
      where = fmt::format(" under [{}]", option->section);
    }
  }
  return fmt::format("unknown key {} in [{}] (no option is called so){}", entry.key, entry.section,
                     near.empty() ? ". " + see_help(table) : ". Did you mean " + near + where + "?");
}

}  // namespace

std::vector<IniEntry> read_ini(const std::string& text, const std::string& file, run::Problems& problems) {
  std::vector<IniEntry> entries;
  std::istringstream lines(text);
  std::string line, section;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto problem = [&](const std::string& what) {
      problems.add(fmt::format("{}:{}: {}", file, number, what));
    };
    const std::string_view content = trimmed(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (content[0] == '[') {
      const std::string_view header = without_comment(content);
      section = header.back() == ']' ? std::string(trimmed(header.substr(1, header.size() - 2))) : "";
      if (section.empty()) {
        problem(fmt::format("{} names no section (a section is a line such as [affinity])", header));
        section = "?";
      }
      continue;
    }
    const auto equals = content.find('=');
    if (equals == std::string_view::npos) {
      problem(fmt::format("'{}' has no = (a line is KEY = VALUE, [SECTION] or # comment)", content));
      continue;
    }
    if (section == "?") continue;  // its header was a problem, and one is enough
    std::string_view value = trimmed(content.substr(equals + 1));
    IniEntry entry{section, std::string(trimmed(content.substr(0, equals))), "", number};
    if (!value.empty() && value[0] == '"') {
      const auto inside = unquoted(value);
      if (!inside) {
        problem(fmt::format(
            "the value of {} is not quoted well (a value that begins with \" ends with one, and only a "
            "comment may follow)",
            entry.key));
        continue;
      }
      entry.value = *inside;
    } else {
      entry.value = without_comment(value);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

void apply_ini(const std::string& text, const std::string& file, OptionTable& table,
               run::Problems& problems) {
  std::set<const Option*> begun;
  for (const IniEntry& entry : read_ini(text, file, problems)) {
    const Option* option = find_option(table, dotted_name(entry));
    if (option == nullptr) {
      problems.add(fmt::format("{}:{}: {}", file, entry.line, unknown_key(table, entry)));
      continue;
    }
    if (option->value.kind == ValueKind::list && begun.insert(option).second) option->value.clear();
    if (const auto why_not = option->value.set(entry.value))
      problems.add(fmt::format("{}:{}: {} = {} {} ({})", file, entry.line, entry.key, entry.value, *why_not,
                               option->help));
  }
}

std::string write_ini(const OptionTable& table) {
  std::string result = "# FleetSNE: every option of this run. Read it back with --config FILE.\n";
  std::string section;
  for (const Option& option : table) {
    if (option.section != section) result += fmt::format("\n[{}]\n", option.section);
    section = option.section;
    result += fmt::format("# {}", option.help);
    if (!option.value.allowed.empty()) result += fmt::format(" ({})", fmt::join(option.value.allowed, ", "));
    result += '\n';
    const auto values = option.value.get();
    if (values.empty()) result += fmt::format("# {} = {}\n", option.name, option.value.placeholder);
    for (const std::string& value : values) {
      const std::string written = quoted_if_need_be(value);
      result += option.name + (written.empty() ? " =" : " = " + written) + "\n";
    }
  }
  return result;
}

}  // namespace fleetsne::app
