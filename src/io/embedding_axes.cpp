#include "embedding_axes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fleetsne::io {
namespace {

/// A name such as "tSNE_2" taken apart.
struct AxisName {
  std::string series;  ///< what its neighbors have in common
  int number = 0;
};

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return result;
}

std::optional<AxisName> axis_name(std::string_view column) {
  const std::string name = lowered(column);
  const std::size_t digits = name.size() - (name.find_last_not_of("0123456789") + 1);
  constexpr std::size_t max_digits = 3;
  if (digits > 0 && digits <= max_digits) {
    int number = 0;
    std::from_chars(name.data() + name.size() - digits, name.data() + name.size(), number);
    return AxisName{name.substr(0, name.size() - digits), number};
  }
  const std::size_t letter = name.empty() ? std::string::npos : std::string_view("xyz").find(name.back());
  if (letter == std::string::npos) return std::nullopt;
  const std::string before = name.substr(0, name.size() - 1);
  const bool stands_apart =
      before.empty() || std::string_view(" _-.").find(before.back()) != std::string_view::npos;
  if (!stands_apart) return std::nullopt;
  return AxisName{before + "xyz", static_cast<int>(letter) + 1};
}

bool names_an_embedding(std::string_view series) {
  constexpr std::array<std::string_view, 5> methods{"tsne", "t-sne", "umap", "embedding", "xyz"};
  return std::ranges::any_of(
      methods, [&](std::string_view method) { return series.find(method) != std::string_view::npos; });
}

/// Names of what is written beside the axes of an embedding.
bool names_labels(std::string_view column) {
  constexpr std::array<std::string_view, 9> names{"cluster", "clusters", "label",   "labels", "class",
                                                  "group",   "leiden",   "louvain", "batch"};
  return std::ranges::find(names, lowered(column)) != names.end();
}

using Pair = std::array<std::int32_t, 2>;

/// Series of exactly two columns, numbered 0 and 1 or 1 and 2.
std::map<std::string, Pair> find_pairs(const TableInspection& table) {
  std::map<std::string, std::map<int, std::int32_t>> series;
  for (std::size_t c = 0; c < table.column_names.size(); ++c) {
    const auto column = static_cast<std::int32_t>(c);
    if (std::ranges::find(table.text_columns, column) != table.text_columns.end()) continue;
    if (const auto name = axis_name(table.column_names[c])) series[name->series][name->number] = column;
  }
  std::map<std::string, Pair> pairs;
  for (const auto& [name, columns] : series) {
    const int first = columns.begin()->first, last = columns.rbegin()->first;
    if (columns.size() == 2 && last == first + 1 && first <= 1)
      pairs[name] = {columns.begin()->second, columns.rbegin()->second};
  }
  return pairs;
}

}  // namespace

std::vector<std::int32_t> find_axes(const TableInspection& table) {
  std::map<std::string, Pair> pairs = find_pairs(table);
  if (pairs.size() > 1)
    std::erase_if(pairs, [](const auto& pair) { return !names_an_embedding(pair.first); });
  if (pairs.size() == 1) return {pairs.begin()->second.begin(), pairs.begin()->second.end()};
  if (table.layout.columns > 2 || !table.text_columns.empty()) return {};
  const bool labels = table.layout.columns == 2 && std::ranges::any_of(table.column_names, names_labels);
  if (labels) return {};
  return table.layout.columns == 1 ? std::vector<std::int32_t>{0} : std::vector<std::int32_t>{0, 1};
}

}  // namespace fleetsne::io
