#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/texts.hpp"
#include "fleetsne/io/label_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <unordered_set>

namespace fleetsne::io {
namespace {

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void expect_categories(const std::string& name, std::size_t distinct) {
  if (distinct <= most_categories) return;
  throw base::InputError(
      fmt::format("{} has more than {} distinct labels (so they are no categories). Name another "
                  "column, or leave the labels out",
                  name, most_categories));
}

/// The distinct values of this rank; throws if there are too many for categories.
template <class T>
std::vector<T> distinct_here(const std::string& name, const std::vector<T>& values,
                             const std::vector<bool>& missing) {
  std::unordered_set<T> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!missing.empty() && missing[i]) continue;
    if (seen.insert(values[i]).second) expect_categories(name, seen.size());
  }
  std::vector<T> result(seen.begin(), seen.end());
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<std::int64_t> of_all_ranks(const comm::Communicator& comm,
                                       const std::vector<std::int64_t>& mine) {
  return comm.all_gather(std::span<const std::int64_t>(mine)).values;
}

std::vector<std::string> of_all_ranks(const comm::Communicator& comm, const std::vector<std::string>& mine) {
  return data::all_gather(comm, mine);
}

template <class T>
Categorized categorize_values(const comm::Communicator& comm, const std::string& name,
                              const std::vector<T>& values, const std::vector<bool>& missing) {
  const std::vector<T> mine = comm::agree(comm, [&] { return distinct_here(name, values, missing); });
  std::vector<T> all = of_all_ranks(comm, mine);
  sort_unique(all);
  comm::agree(comm, [&] { expect_categories(name, all.size()); });
  Categorized result;
  result.codes.resize(values.size(), -1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!missing.empty() && missing[i]) continue;
    result.codes[i] =
        static_cast<std::int32_t>(std::lower_bound(all.begin(), all.end(), values[i]) - all.begin());
  }
  for (const T& value : all) result.categories.push_back(fmt::format("{}", value));
  return result;
}

/// Codes that already have their categories.
Categorized take_codes(const std::string& name, const LabelBlock& block) {
  expect_categories(name, block.categories.size());
  return {.codes = {block.values.integers.begin(), block.values.integers.end()},
          .categories = block.categories,
          .order_chosen = !std::ranges::is_sorted(block.categories)};
}

/// The integer that a text spells in the usual way.
std::optional<std::int64_t> as_integer(const std::string& text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || std::to_string(value) != text)
    return {};
  return value;
}

}  // namespace

Categorized categorize(const comm::Communicator& comm, const std::string& name, const LabelBlock& block) {
  const ColumnBlock& values = block.values;
  if (block.kind == ColumnKind::codes) return comm::agree(comm, [&] { return take_codes(name, block); });
  if (block.kind == ColumnKind::integers)
    return categorize_values(comm, name, values.integers, values.missing);
  std::vector<bool> missing = values.missing;
  missing.resize(values.texts.size(), false);
  for (std::size_t i = 0; i < missing.size(); ++i)
    if (values.texts[i].empty()) missing[i] = true;
  return categorize_values(comm, name, values.texts, missing);
}

std::vector<std::string> merge_categories(const std::vector<Categorized>& sources) {
  std::vector<std::string> result;
  std::unordered_set<std::string> seen;
  for (const Categorized& source : sources) {
    for (const std::string& category : source.categories) {
      if (seen.insert(category).second) result.push_back(category);
    }
  }
  if (std::ranges::none_of(sources, &Categorized::order_chosen) &&
      std::ranges::all_of(result, [](const std::string& c) { return as_integer(c).has_value(); })) {
    std::stable_sort(result.begin(), result.end(), [](const std::string& a, const std::string& b) {
      return *as_integer(a) < *as_integer(b);
    });
  }
  return result;
}

}  // namespace fleetsne::io
