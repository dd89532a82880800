#include "fleetsne/app/ini.hpp"

#include "fleetsne/app/option_table.hpp"
#include "fleetsne/app/suggestion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
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

std::string unknown_key(const OptionTable& table, const IniEntry& entry) {
  std::vector<Candidate> keys, sections;
  for (const Option& option : table) {
    sections.push_back({option.section, option.section});
    if (option.value.sections) {
      const std::string named = option.value.sections->prefix + ".NAME";
      sections.push_back({option.value.sections->prefix, named});
    }
    if (option.section == entry.section) keys.push_back({option.name, option.name});
  }
  std::string key = entry.key;
  std::ranges::replace(key, '_', '-');
  if (entry.section.empty()) {
    const Option* option = find_option(table, nearest_option(table, key));
    return fmt::format(
        "unknown key {} (no option is called so, and it stands under no [section]). {}", entry.key,
        option != nullptr ? fmt::format("Did you mean {} under [{}]?", option->name, option->section)
                          : see_help(table));
  }
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

std::string dotted_name(const IniEntry& entry) {
  std::string key = entry.key;
  std::ranges::replace(key, '_', '-');
  return entry.section.empty() ? key : entry.section + "." + key;
}

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
        problem(
            fmt::format("{} names no section (a section is a line such as [affinity]). Write it so", header));
        section = "?";
      } else {
        entries.push_back({.section = section, .key = "", .value = "", .line = number, .header = true});
      }
      continue;
    }
    const auto equals = content.find('=');
    if (equals == std::string_view::npos) {
      problem(
          fmt::format("'{}' has no = (a line is KEY = VALUE, [SECTION] or # comment). Write it so", content));
      continue;
    }
    if (section == "?") continue;  // its header was a problem, and one is enough
    std::string_view value = trimmed(content.substr(equals + 1));
    IniEntry entry{.section = section,
                   .key = std::string(trimmed(content.substr(0, equals))),
                   .value = "",
                   .line = number};
    if (!value.empty() && value[0] == '"') {
      const auto inside = unquoted(value);
      if (!inside) {
        problem(fmt::format(
            "the value of {} is not quoted well (a value that begins with \" ends with one, and only a "
            "comment may follow). Close it",
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

namespace {

/// The option that a [PREFIX.NAME] is a value of; null if it is none's.
const Option* owner_of_section(const OptionTable& table, const std::string& section) {
  const auto owner = std::ranges::find_if(table, [&](const Option& option) {
    return option.value.sections && section.starts_with(option.value.sections->prefix + ".");
  });
  return owner == table.end() ? nullptr : &*owner;
}

bool is_section(const OptionTable& table, const std::string& section) {
  return std::ranges::any_of(table, [&](const Option& option) { return option.section == section; });
}

/// Whether an option's rival has values, so that it is not used.
bool is_ruled_out(const OptionTable& table, const Option& option) {
  const Option* rival = find_option(table, option.rival);
  return rival != nullptr && !rival->value.get().empty();
}

std::string value_lines(const Option& option, const char* before) {
  std::string result;
  for (const std::string& value : option.value.get()) {
    const std::string written = quoted_if_need_be(value);
    result += before + option.name + (written.empty() ? " =" : " = " + written) + "\n";
  }
  return result;
}

std::string section_text(const Option& option) {
  std::string result;
  for (const Section& section : option.value.sections->get()) {
    result += fmt::format("\n[{}.{}]\n", option.value.sections->prefix, section.name);
    for (const auto& [key, value] : section.lines)
      result += fmt::format("{} = {}\n", key, quoted_if_need_be(value));
  }
  return result;
}

}  // namespace

void apply_entries(std::span<const IniEntry> entries, const std::string& file, OptionTable& table,
                   run::Problems& problems) {
  std::set<const Option*> begun;
  std::map<const Option*, int> lines;  // that give an option's value
  bool unknown = false;                // the section at hand is none
  bool begins_value = false;           // the section at hand is a value of its owner
  for (const IniEntry& entry : entries) {
    const auto problem = [&](const std::string& what) {
      problems.add(fmt::format("{}:{}: {}", file, entry.line, what));
    };
    const Option* owner = owner_of_section(table, entry.section);
    const Option* option = owner != nullptr ? owner : find_option(table, dotted_name(entry));
    if (owner == nullptr && entry.header) {
      unknown = !is_section(table, entry.section);
      if (unknown) problem(unknown_key(table, entry));
      continue;
    }
    if (option == nullptr && unknown) continue;  // its section was a problem, and one is enough
    if (option == nullptr) {
      problem(unknown_key(table, entry));
      continue;
    }
    if (option->value.kind == ValueKind::list && begun.insert(option).second) option->value.clear();
    if (owner == nullptr) {
      const auto [first, is_first] = lines.try_emplace(option, entry.line);
      if (!is_first && option->value.kind != ValueKind::list) {
        problem(fmt::format("{} is there twice (line {} gives it, too, and only one can hold). Remove one",
                            entry.key, first->second));
        continue;
      }
      if (const auto why_not = option->value.set(entry.value))
        problem(refusal(*option, entry.key + " = " + entry.value, *why_not));
    } else if (entry.header) {
      const auto why_not = owner->value.sections->begin(entry.section.substr(entry.section.find('.') + 1));
      begins_value = !why_not;
      if (why_not) problem(fmt::format("[{}] {}", entry.section, *why_not));
    } else if (begins_value) {
      if (const auto wrong = owner->value.sections->set(entry.key, entry.value))
        problem(fmt::format("in [{}] {}", entry.section, *wrong));
    }
  }
}

void apply_ini(const std::string& text, const std::string& file, OptionTable& table,
               run::Problems& problems) {
  apply_entries(read_ini(text, file, problems), file, table, problems);
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
    if (option.value.sections || option.value.get().empty()) {
      result += fmt::format("# {} = {}\n", option.name, option.value.placeholder);
    } else {
      result += value_lines(option, is_ruled_out(table, option) ? "# " : "");
    }
  }
  for (const Option& option : table)
    if (option.value.sections) result += section_text(option);
  return result;
}

}  // namespace fleetsne::app
