#pragma once

#include "fleetsne/run/config.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::app {

enum class ValueKind {
  scalar,  ///< one value; given again, the last one holds
  list,    ///< one value an occurrence; occurrences add up
  flag,    ///< true or false; alone it means true
};

/// A [PREFIX.NAME] of a config file.
struct Section {
  std::string name;
  std::vector<std::pair<std::string, std::string>> lines;  ///< key and value
};

/// How the values of a list are read and written as sections of a config file, one each.
struct Sections {
  std::string prefix;
  /// Adds a value for [PREFIX.NAME]; returns why there can be none.
  std::function<std::optional<std::string>(const std::string& name)> begin;
  /// Sets a key of the value that was begun last; returns what is wrong with it.
  std::function<std::optional<std::string>(const std::string& key, const std::string& value)> set;
  std::function<std::vector<Section>()> get;
};

/// A value of the config as text and as JSON.
struct Value {
  ValueKind kind = ValueKind::scalar;
  std::string placeholder;           ///< what help calls it
  std::vector<std::string> allowed;  ///< the only spellings, if there are only some
  /// Returns why the text is no such value: "is not a number", or, if there is more to say, with the reason
  /// and what to do: "has no = (a stage is KEY=VALUE). Add it".
  std::function<std::optional<std::string>(const std::string&)> set;
  std::function<void()> clear;                    ///< empties a list
  std::function<std::vector<std::string>()> get;  ///< spellings that set() takes back; several for a list
  std::function<nlohmann::json()> json;
  std::optional<Sections> sections;  ///< of a list whose values are sections, too
};

Value real(double& target);
Value whole(int& target);
Value whole(std::size_t& target);  // std::uint64_t is the same type here
Value text(std::string& target, const std::string& placeholder);
Value list(std::vector<std::string>& target, const std::string& placeholder);
/// Several numbers with commas between them, or none.
Value reals(std::vector<double>& target);
Value flag(bool& target);
Value learning_rate(optimize::LearningRate& target);
/// Stages, one an occurrence: iterations=500,exaggeration=12; or [stage.NAME] sections.
Value stages(std::vector<run::StageConfig>& target);
/// One of several names by its position.
Value choice(const std::vector<std::string>& names, const std::function<void(std::size_t)>& set,
             const std::function<std::size_t()>& get);

/// One of the enumerators, each by its name.
template <class Enum>
Value choice(Enum& target, std::vector<std::pair<std::string, Enum>> named) {
  std::vector<std::string> names;
  for (const auto& [name, value] : named) names.push_back(name);
  return choice(
      names, [&target, named](std::size_t at) { target = named[at].second; },
      [&target, named] {
        std::size_t at = 0;
        while (named[at].second != target) ++at;
        return at;
      });
}

/// One thing that a user can say, on the command line or in a config file.
struct Option {
  std::string section;
  std::string name;       ///< in a config file under [section]; with the section --section.name
  std::string shorthand;  ///< --shorthand means the same; empty: there is none
  Value value;
  std::string help;
  /// Dotted name of the list that, if it has values, says the same in another way: then this is not used, and
  /// who gives both on one command line is told so.
  std::string rival{};

  std::string dotted() const { return section + "." + name; }
  /// As messages call it.
  std::string spelling() const { return "--" + (shorthand.empty() ? dotted() : shorthand); }
};

/// The message for what was `written` (with its value last) and is no value of this option.
std::string refusal(const Option& option, const std::string& written, const std::string& why_not);

}  // namespace fleetsne::app
