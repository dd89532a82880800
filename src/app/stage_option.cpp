#include "fleetsne/app/option.hpp"
#include "fleetsne/app/suggestion.hpp"
#include "fleetsne/run/schedule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fleetsne::app {
namespace {

/// A key of a stage: its value, none if the stage does not say it.
struct Key {
  std::string name;
  std::string example;
  Value value;
};

/// What may be said or not.
template <class T, class Make>
Value optional(std::optional<T>& target, Make make) {
  Value value;
  value.set = [&target, make](const std::string& text) {
    T said{};
    auto why_not = make(said).set(text);
    if (!why_not) target = said;
    return why_not;
  };
  value.get = [&target, make]() -> std::vector<std::string> {
    if (!target) return {};
    T said = *target;
    return make(said).get();
  };
  value.json = [&target, make] {
    if (!target) return nlohmann::json();
    T said = *target;
    return make(said).json();
  };
  return value;
}

/// One number, or two: 12..1.
Value exaggeration(run::Exaggeration& target) {
  Value value;
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    const std::size_t dots = text.find("..");
    const auto first = real(target.first).set(text.substr(0, dots));
    const auto last = real(target.last).set(dots == std::string::npos ? text : text.substr(dots + 2));
    if (first || last) return "is neither a number nor two";
    return std::nullopt;
  };
  value.get = [&target] {
    return std::vector{target.first == target.last ? fmt::format("{}", target.first)
                                                   : fmt::format("{}..{}", target.first, target.last)};
  };
  value.json = [&target]() -> nlohmann::json {
    if (target.first == target.last) return target.first;
    return {target.first, target.last};
  };
  return value;
}

std::vector<Key> keys_of(run::StageConfig& stage) {
  const auto number = [](double& target) { return real(target); };
  return {{"iterations", "500", optional(stage.iterations, [](int& target) { return whole(target); })},
          {"exaggeration", "4 or 12..1", optional(stage.exaggeration, exaggeration)},
          {"learning-rate", "200", optional(stage.learning_rate, learning_rate)},
          {"momentum", "0.8", optional(stage.momentum, number)},
          {"dof", "1", optional(stage.dof, number)},
          {"max-step-norm", "5", optional(stage.max_step_norm, number)},
          {"max-gradient-norm", "0.25", optional(stage.max_gradient_norm, number)},
          {"settled", "5000", optional(stage.settled, number)},
          {"reset", "true", optional(stage.reset, flag)}};
}

std::vector<std::string> key_names() {
  run::StageConfig any;
  std::vector<std::string> names;
  for (const Key& key : keys_of(any)) names.push_back(key.name);
  return names;
}

/// Why the stage cannot have this.
std::optional<std::string> set_key(run::StageConfig& stage, std::string name, const std::string& text) {
  std::ranges::replace(name, '_', '-');
  for (const Key& key : keys_of(stage)) {
    if (key.name != name) continue;
    if (const auto why_not = key.value.set(text))
      return fmt::format("{} = {} {} (a value is spelled like {}). Spell it so", name, text, *why_not,
                         key.example);
    return std::nullopt;
  }
  const std::vector<std::string> known = key_names();
  std::vector<Candidate> candidates;
  for (const std::string& candidate : known) candidates.push_back({candidate, candidate});
  const std::string near = nearest(name, candidates);
  return fmt::format("unknown key {} (a stage has {}). {}", name, fmt::join(known, ", "),
                     near.empty() ? "Use one of these" : "Did you mean " + near + "?");
}

/// Why no stage can be added under this name.
std::optional<std::string> refuse_name(const std::vector<run::StageConfig>& stages, const std::string& name) {
  if (!run::is_stage_name(name)) return "is no name (a name has letters, digits, - and _). Give another";
  if (std::ranges::count(stages, name, &run::StageConfig::name) > 0)
    return "is there twice (log and report would mix them up). Rename one, or say all in one";
  return std::nullopt;
}

std::string numbered(std::size_t stages) {
  return fmt::format("{}", stages + 1);
}

/// A stage from "iterations=500,exaggeration=12"; `name` among the keys, too.
std::optional<std::string> add_stage(std::vector<run::StageConfig>& stages, const std::string& text) {
  run::StageConfig stage{.name = numbered(stages.size())};
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string pair = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return fmt::format("has '{}' without = (a stage is KEY=VALUE,KEY=VALUE). Write it like {}", pair,
                         "iterations=500,exaggeration=4");
    const std::string key = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (key == "name")
      stage.name = value;
    else if (const auto why_not = set_key(stage, key, value))
      return "does not do: " + *why_not;
  }
  if (const auto why_not = refuse_name(stages, stage.name))
    return fmt::format("does not do: the stage {} {}", stage.name, *why_not);
  stages.push_back(std::move(stage));
  return std::nullopt;
}

std::vector<Section> sections_of(const std::vector<run::StageConfig>& stages) {
  std::vector<Section> result;
  for (const run::StageConfig& given : stages) {
    run::StageConfig stage = given;
    Section section{.name = stage.name, .lines = {}};
    for (const Key& key : keys_of(stage))
      for (const std::string& text : key.value.get()) section.lines.emplace_back(key.name, text);
    result.push_back(std::move(section));
  }
  return result;
}

nlohmann::json json_of(const std::vector<run::StageConfig>& stages) {
  nlohmann::json result = nlohmann::json::array();
  for (const run::StageConfig& given : stages) {
    run::StageConfig stage = given;
    nlohmann::json one{{"name", stage.name}};
    for (const Key& key : keys_of(stage)) {
      std::string name = key.name;
      std::ranges::replace(name, '-', '_');
      if (const nlohmann::json value = key.value.json(); !value.is_null()) one[name] = value;
    }
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace

Value stages(std::vector<run::StageConfig>& target) {
  Value value;
  value.kind = ValueKind::list;
  value.placeholder = "KEY=VALUE,...";
  value.set = [&target](const std::string& text) { return add_stage(target, text); };
  value.clear = [&target] { target.clear(); };
  value.get = [&target] {
    std::vector<std::string> texts;
    for (const Section& section : sections_of(target)) {
      std::vector<std::string> pairs;
      if (section.name != numbered(texts.size())) pairs.push_back("name=" + section.name);
      for (const auto& [key, text] : section.lines) pairs.push_back(fmt::format("{}={}", key, text));
      texts.push_back(fmt::format("{}", fmt::join(pairs, ",")));
    }
    return texts;
  };
  value.json = [&target] { return json_of(target); };
  value.sections =
      Sections{.prefix = "stage",
               .begin =
                   [&target](const std::string& name) {
                     auto why_not = refuse_name(target, name);
                     if (!why_not) target.push_back({.name = name});
                     return why_not;
                   },
               .set = [&target](const std::string& key,
                                const std::string& text) { return set_key(target.back(), key, text); },
               .get = [&target] { return sections_of(target); }};
  return value;
}

}  // namespace fleetsne::app
