#include "fleetsne/sweep/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::sweep {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return result + '"';
}

/// A figure as people read it: seconds in tenths, whole numbers whole.
std::string figure_text(const std::string& name, double value) {
  if (name.ends_with("seconds") || name == "peak_gigabytes") return fmt::format("{:.1f}", value);
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.4f}", value);
}

/// Whether any row has a value in this column.
bool any_figure(const std::vector<Outcome>& rows, std::size_t column) {
  return std::ranges::any_of(rows,
                             [&](const Outcome& row) { return row.figures[column].second.has_value(); });
}

/// Columns that the table for people goes without: the CSV has them.
bool is_detail(const std::string& figure) {
  return figure == "iterations" || figure == "peak_gigabytes" || figure == "ranks" || figure == "threads" ||
         figure == "recall";
}

using Cells = std::vector<std::string>;

std::vector<Cells> cells_of(const std::vector<Outcome>& rows) {
  std::vector<Cells> lines(rows.size() + 1);
  const auto add = [&](const std::string& head, const auto& value) {
    lines[0].push_back(head);
    for (std::size_t r = 0; r < rows.size(); ++r) lines[r + 1].push_back(value(rows[r]));
  };
  add("row", [](const Outcome& row) { return row.name; });
  add("state", [](const Outcome& row) { return std::string(name_of(row.status.state)); });
  for (std::size_t s = 0; s < rows.front().settings.size(); ++s)
    add(rows.front().settings[s].first, [s](const Outcome& row) { return row.settings[s].second; });
  for (std::size_t f = 0; f < rows.front().figures.size(); ++f) {
    const std::string& name = rows.front().figures[f].first;
    if (is_detail(name) || !any_figure(rows, f)) continue;
    add(name, [&](const Outcome& row) {
      const auto& value = row.figures[f].second;
      return value ? figure_text(name, *value) : std::string();
    });
  }
  return lines;
}

}  // namespace

std::string csv(const std::vector<Outcome>& rows) {
  std::string text = "row,state";
  for (const auto& setting : rows.front().settings) text += "," + quoted(setting.first);
  for (const auto& figure : rows.front().figures) text += "," + figure.first;
  text += ",attempts,exit_code,error\n";
  for (const Outcome& row : rows) {
    text += quoted(row.name) + "," + name_of(row.status.state);
    for (const auto& [option, value] : row.settings) text += "," + quoted(value);
    for (const auto& [name, value] : row.figures) text += value ? fmt::format(",{}", *value) : ",";
    text += fmt::format(",{},{},{}\n", row.status.attempts, row.status.exit_code, quoted(row.status.error));
  }
  return text;
}

std::string to_text(const std::vector<Outcome>& rows) {
  const std::vector<Cells> lines = cells_of(rows);
  std::string text;
  for (const Cells& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c) {
      std::size_t width = 0;
      for (const Cells& other : lines) width = std::max(width, other[c].size());
      const std::string& cell = line[c].empty() ? "-" : line[c];
      text += c < 2 ? fmt::format("{:<{}}  ", cell, width) : fmt::format("{:>{}}  ", cell, width);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  for (const Outcome& row : rows)
    if (!row.status.error.empty() && row.status.state != State::done)
      text += fmt::format("{}: {}\n", row.name, row.status.error);
  for (const Outcome& row : rows) {
    text += fmt::format("RESULT row={} state={}", row.name, name_of(row.status.state));
    for (const auto& [name, value] : row.figures)
      if (value) text += fmt::format(" {}={}", name, figure_text(name, *value));
    text += '\n';
  }
  return text;
}

}  // namespace fleetsne::sweep
