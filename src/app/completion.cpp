#include "fleetsne/app/manual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

namespace fleetsne::app {
namespace {

constexpr const char* first_text = R"(# Completion of fleetsne for bash, made from the table of options.

# The options of a command, a line each: the name; flag (no value), any (one that cannot be guessed), file or directory;
# and the words that a value can be. The words that belong to no option are called words here.
_fleetsne_options() {
  case $1 in
)";

constexpr const char* last_text = R"(  esac
}

# _fleetsne_value CURRENT KIND WORD...: completes an option's value; file names by what bash does with them.
_fleetsne_value() {
  local current=$1 kind=$2
  shift 2
  mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
  case $kind in
    file) compopt -o default 2>/dev/null ;;
    directory) compopt -o dirnames 2>/dev/null ;;
  esac
}

# _fleetsne_names CURRENT NAME...: completes an option's name, long ones section by section.
_fleetsne_names() {
  local current=$1 name shown=()
  shift
  for name in "$@"; do
    [[ $name == *.* && $current != *.* ]] && name=${name%%.*}.
    shown+=("$name")
  done
  mapfile -t COMPREPLY < <(compgen -W "${shown[*]}" -- "$current" | sort -u)
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *. ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "${COMPREPLY[0]}")
  fi
}

_fleetsne_help() {
  local current=$1 previous=$2
  case $previous in
    help) mapfile -t COMPREPLY < <(compgen -W "$_fleetsne_commands --man --completion --commands" -- "$current") ;;
    --man) mapfile -t COMPREPLY < <(compgen -W "$_fleetsne_commands" -- "$current") ;;
    --completion) COMPREPLY=(bash) ;;
  esac
}

_fleetsne_arguments() {
  local command=$1 current=$2 previous=$3 name kind values words="" names=()
  while read -r name kind values; do
    if [[ $name == words ]]; then
      words=$kind
    elif [[ $name == "$previous" && $kind != flag ]]; then
      _fleetsne_value "$current" "$kind" "$values"
      return
    else
      names+=("$name")
    fi
  done < <(_fleetsne_options "$command")
  if [[ $current == -* || -z $words ]]; then
    _fleetsne_names "$current" "${names[@]}"
  else
    _fleetsne_value "$current" "$words"
  fi
}

_fleetsne() {
  local at=0 current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # The program may stand behind a launcher, whose own words are left to bash.
  while ((at <= COMP_CWORD)) && [[ ${COMP_WORDS[at]##*/} != fleetsne ]]; do ((++at)); done
  if ((at >= COMP_CWORD)); then
    compopt -o bashdefault -o default 2>/dev/null
    return
  fi
  # --name=value comes as three words.
  if [[ $current == = ]]; then
    current=""
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == at + 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$_fleetsne_commands help --help --version" -- "$current")
  elif [[ ${COMP_WORDS[at + 1]} == help ]]; then
    _fleetsne_help "$current" "$previous"
  else
    _fleetsne_arguments "${COMP_WORDS[at + 1]}" "$current" "$previous"
  fi
}

complete -F _fleetsne fleetsne
# Ranks are started by these: where nothing else completes their words, they know fleetsne, too.
for _fleetsne_launcher in mpirun mpiexec; do
  complete -p "$_fleetsne_launcher" &>/dev/null || complete -F _fleetsne "$_fleetsne_launcher"
done
unset _fleetsne_launcher
)";

/// How the value of an option is completed: its kind and its words.
std::string completed(const Value& value) {
  if (value.kind == ValueKind::flag) return "flag";
  std::string kind = "file";
  std::vector<std::string> words = value.allowed;
  if (!words.empty()) return fmt::format("any {}", fmt::join(words, " "));
  for (std::size_t begin = 0; begin <= value.placeholder.size();) {
    const std::size_t end = std::min(value.placeholder.find('|', begin), value.placeholder.size());
    const std::string part = value.placeholder.substr(begin, end - begin);
    begin = end + 1;
    constexpr std::array<std::string_view, 4> no_file{"N", "X", "TEXT", "TIME"};
    if (std::ranges::none_of(part, [](unsigned char letter) { return std::isupper(letter); }))
      words.push_back(part);
    else if (part == "DIR")
      kind = "directory";
    else if (part.find(',') != std::string::npos || std::ranges::count(no_file, part) > 0)
      kind = "any";
  }
  return fmt::format("{} {}", kind, fmt::join(words, " "));
}

std::string completed(const OptionTable& table) {
  std::string text = fmt::format("    {})\n      cat <<'END'\n", table.command);
  const auto add = [&](const std::string& name, const std::string& how) {
    text += name + " " + how.substr(0, how.find_last_not_of(' ') + 1) + "\n";
  };
  if (const Option* words = find_option(table, table.words)) add("words", completed(words->value));
  for (const GeneralOption& option : general_options(table))
    add("--" + option.name, option.placeholder.empty() ? "flag" : "file");
  for (const Option& option : table) {
    const std::string how = completed(option.value);
    if (!option.shorthand.empty()) add("--" + option.shorthand, how);
    add("--" + option.dotted(), how);
  }
  return text + "END\n      ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::string text = first_text, names;
  for (const Command& command : commands()) {
    command.with_options([&](const OptionTable& table) { text += completed(table); });
    names += (names.empty() ? "" : " ") + std::string(command.name);
  }
  return text + last_text + fmt::format("_fleetsne_commands=\"{}\"\n", names);
}

}  // namespace fleetsne::app
