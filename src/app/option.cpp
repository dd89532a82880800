#include "fleetsne/app/option.hpp"

#include "fleetsne/app/suggestion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fleetsne::app {
namespace {

constexpr const char* too_large = "is too large a number to be counted with";

/// The whole text as a number, or what is wrong with it.
template <class T>
struct Parsed {
  std::optional<T> value;
  bool out_of_range = false;
};

template <class T>
Parsed<T> number_from(const std::string& text) {
  T value{};
  const char* first = text.data();
  const char* last = first + text.size();
  if (last - first > 1 && *first == '+') ++first;
  const auto [end, error] = std::from_chars(first, last, value);
  if (end != last || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) return {.value = {}, .out_of_range = true};
  return {.value = value};
}

std::optional<double> finite_from(const std::string& text) {
  const auto value = number_from<double>(text).value;
  return value && std::isfinite(*value) ? value : std::nullopt;
}

template <class Integer>
Value whole_number(Integer& target) {
  Value value;
  value.placeholder = "N";
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    const Parsed<Integer> number = number_from<Integer>(text);
    if (number.out_of_range) return too_large;
    if (!number.value)
      return std::is_signed_v<Integer> ? "is not a whole number" : "is not a whole number of at least 0";
    target = *number.value;
    return std::nullopt;
  };
  value.get = [&target] { return std::vector{fmt::format("{}", target)}; };
  value.json = [&target] { return nlohmann::json(target); };
  return value;
}

}  // namespace

Value real(double& target) {
  Value value;
  value.placeholder = "X";
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    const auto number = finite_from(text);
    if (!number) return "is not a number";
    target = *number;
    return std::nullopt;
  };
  value.get = [&target] { return std::vector{fmt::format("{}", target)}; };
  value.json = [&target] { return nlohmann::json(target); };
  return value;
}

Value whole(int& target) {
  return whole_number(target);
}
Value whole(std::size_t& target) {
  return whole_number(target);
}

Value text(std::string& target, const std::string& placeholder) {
  Value value;
  value.placeholder = placeholder;
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    target = text;
    return std::nullopt;
  };
  value.get = [&target] { return std::vector{target}; };
  value.json = [&target] { return nlohmann::json(target); };
  return value;
}

Value list(std::vector<std::string>& target, const std::string& placeholder) {
  Value value;
  value.kind = ValueKind::list;
  value.placeholder = placeholder;
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    target.push_back(text);
    return std::nullopt;
  };
  value.clear = [&target] { target.clear(); };
  value.get = [&target] { return target; };
  value.json = [&target] { return nlohmann::json(target); };
  return value;
}

Value reals(std::vector<double>& target) {
  Value value;
  value.placeholder = "X,X...";
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    std::vector<double> numbers;
    std::size_t at = 0;
    while (!text.empty() && at <= text.size()) {
      const std::size_t end = std::min(text.find(',', at), text.size());
      const auto number = finite_from(text.substr(at, end - at));
      if (!number) return "is not a list of numbers with commas between them";
      numbers.push_back(*number);
      at = end + 1;
    }
    target = std::move(numbers);
    return std::nullopt;
  };
  value.get = [&target] { return std::vector{fmt::format("{}", fmt::join(target, ","))}; };
  value.json = [&target] { return nlohmann::json(target); };
  return value;
}

Value flag(bool& target) {
  Value value;
  value.kind = ValueKind::flag;
  value.allowed = {"true", "false"};
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    if (text != "true" && text != "false") return "is neither true nor false";
    target = text == "true";
    return std::nullopt;
  };
  value.get = [&target] { return std::vector<std::string>{target ? "true" : "false"}; };
  value.json = [&target] { return nlohmann::json(target); };
  return value;
}

Value learning_rate(optimize::LearningRate& target) {
  using Rule = optimize::LearningRate::Rule;
  Value value;
  value.placeholder = "auto|n/12|X";
  value.set = [&target](const std::string& text) -> std::optional<std::string> {
    const auto number = finite_from(text);
    if (text == "auto")
      target = {Rule::automatic, 0};
    else if (text == "n/12")
      target = {Rule::n_over_12, 0};
    else if (number)
      target = {Rule::fixed, *number};
    else
      return "is neither auto nor n/12 nor a number";
    return std::nullopt;
  };
  const auto spell = [&target]() -> std::string {
    if (target.rule == Rule::automatic) return "auto";
    return target.rule == Rule::n_over_12 ? "n/12" : fmt::format("{}", target.value);
  };
  value.get = [spell] { return std::vector{spell()}; };
  value.json = [&target, spell] {
    return target.rule == Rule::fixed ? nlohmann::json(target.value) : nlohmann::json(spell());
  };
  return value;
}

Value choice(const std::vector<std::string>& names, const std::function<void(std::size_t)>& set,
             const std::function<std::size_t()>& get) {
  Value value;
  value.placeholder = fmt::format("{}", fmt::join(names, "|"));
  value.allowed = names;
  value.set = [names, set](const std::string& text) -> std::optional<std::string> {
    const auto at = std::ranges::find(names, text);
    if (at == names.end()) return fmt::format("is not one of {}", fmt::join(names, ", "));
    set(static_cast<std::size_t>(at - names.begin()));
    return std::nullopt;
  };
  value.get = [names, get] { return std::vector{names[get()]}; };
  value.json = [names, get] { return nlohmann::json(names[get()]); };
  return value;
}

std::string refusal(const Option& option, const std::string& written, const std::string& why_not) {
  if (why_not.find(" (") != std::string::npos) return written + " " + why_not;
  const auto is_now = option.value.get();
  std::string advice;
  if (!option.value.allowed.empty()) {
    std::vector<Candidate> candidates;
    for (const std::string& name : option.value.allowed) candidates.push_back({name, name});
    const std::string near = nearest(written.substr(written.find_last_of(" =") + 1), candidates);
    advice = near.empty() ? fmt::format("Give {}", fmt::join(option.value.allowed, " or "))
                          : fmt::format("Did you mean {}?", near);
  } else if (is_now.size() == 1 && !is_now.front().empty()) {
    advice = fmt::format("Give one, for example {}", is_now.front());
  } else {
    advice = fmt::format("Give {}", option.value.placeholder);
  }
  return fmt::format("{} {} ({}). {}", written, why_not, option.help, advice);
}

}  // namespace fleetsne::app
