#include "match_columns.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fleetsne::io {
namespace {

using Names = std::vector<std::string>;
using Places = std::unordered_map<std::string_view, std::int32_t>;

/// Whether the names are one text with consecutive numbers behind it.
bool only_number_columns(const Names& names) {
  std::string_view series;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view name = names[i];
    const std::string_view text = name.substr(0, name.find_last_not_of("0123456789") + 1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data() + text.size(), name.data() + name.size(), number);
    if (error != std::errc{} || (i > 0 && (text != series || number != last + 1))) return false;
    series = text;
    last = number;
  }
  return true;
}

Places places_of(const RowInput& input) {
  Places places;
  for (std::size_t c = 0; c < input.column_names.size(); ++c)
    if (!places.emplace(input.column_names[c], static_cast<std::int32_t>(c)).second)
      throw base::InputError(
          fmt::format("{} has several columns \"{}\" (columns are matched by name, and those of another "
                      "input are not the "
                      "same). Give every column a name of its own",
                      input.location.path, input.column_names[c]));
  return places;
}

/// The first few names that are not among others.
Names missing_from(const Places& others, const Names& names) {
  constexpr std::size_t max_listed = 3;
  Names missing;
  for (const std::string& name : names)
    if (missing.size() < max_listed && !others.contains(name)) missing.push_back(name);
  return missing;
}

}  // namespace

void match_columns(const RowInput& other, RowInput& input) {
  const Names &wanted = other.column_names, &names = input.column_names;
  if (wanted.empty() || names.empty() || wanted == names) return;
  const bool same_count = wanted.size() == names.size();
  if (same_count && only_number_columns(wanted) && only_number_columns(names)) return;
  const Places there = places_of(other), here = places_of(input);
  const Names lacking = missing_from(here, wanted), extra = missing_from(there, names);
  if (!lacking.empty() || !extra.empty()) {
    const auto described = [](const char* verb, const Names& some) {
      return some.empty() ? std::string() : fmt::format(", {} {}", verb, fmt::join(some, ", "));
    };
    throw base::InputError(
        fmt::format("{} does not have the columns of {} (it has {} columns, the other {}{}{}). Give both the "
                    "same columns, in any order",
                    input.location.path, other.location.path, names.size(), wanted.size(),
                    described("it lacks", lacking), described("it also has", extra)));
  }
  std::vector<std::int32_t> order;
  for (const std::string& name : wanted) {
    const std::int32_t place = here.at(name);
    order.push_back(input.column_order.empty() ? place : input.column_order[static_cast<std::size_t>(place)]);
  }
  input.column_order = std::move(order);
  input.column_names = wanted;
  input.notes.push_back(
      fmt::format("{}: its columns are in another order than those of {}, and are matched by name",
                  input.location.path, other.location.path));
}

}  // namespace fleetsne::io
