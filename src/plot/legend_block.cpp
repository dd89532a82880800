#include "legend_block.hpp"

#include "fleetsne/plot/abbreviate.hpp"

#include "fitted_text.hpp"
#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace fleetsne::plot {
namespace {

/// How names stand, the first that has room for all of them.
struct Arrangement {
  std::size_t columns;
  double name_width;  ///< in units
  int lines;          ///< of a name
};
constexpr Arrangement arrangements[] = {
    {1, 26, 3}, {2, 22, 3}, {most_columns, 16, 3}, {most_columns, 24, 2}, {most_columns, 26, 1}};

/// A mark that is the name itself is not shown twice.
bool shows_mark(const Legend::Entry& entry) {
  return !entry.mark.empty() && entry.mark != entry.name;
}

/// How many columns of this height blocks below each other need.
std::size_t columns_of(std::span<const double> heights, double height) {
  std::size_t columns = 1;
  double filled = 0;
  for (const double block : heights) {
    if (filled > 0 && filled + block > height) {
      ++columns;
      filled = 0;
    }
    filled += block;
  }
  return columns;
}

/// The least height at which this many columns suffice, to a pixel.
double balanced_height(std::span<const double> heights, std::size_t columns) {
  double enough = std::accumulate(heights.begin(), heights.end(), 0.0), less = 0;
  while (enough - less > 1) {
    const double middle = 0.5 * (less + enough);
    (columns_of(heights, middle) <= columns ? enough : less) = middle;
  }
  return enough;
}

}  // namespace

std::size_t entries_in(int height, const Measures& measures) {
  return static_cast<std::size_t>(std::max(3.0, std::floor(height / measures.line) - 3));
}

LegendBlock::LegendBlock(const Typesetter& type, const Legend& legend, const Measures& measures, int height)
    : measures_(measures) {
  const double unit = measures.unit;
  const std::size_t lines = entries_in(height, measures);
  const std::size_t shown = std::min(legend.entries.size(), most_columns * lines);
  const std::span<const Legend::Entry> entries = std::span(legend.entries).first(shown);
  std::vector<std::string> names;
  for (const Legend::Entry& entry : entries) {
    names.push_back(entry.name);
    if (shows_mark(entry))
      mark_width_ = std::max(mark_width_, type.line(entry.mark, unit).width() + 0.6 * unit);
  }
  names = told_apart(names);

  for (const Arrangement& arrangement : arrangements) {
    std::vector<TextBlock> blocks =
        fitted(type, names, {unit, arrangement.name_width * unit, arrangement.lines});
    std::vector<double> heights;
    for (const TextBlock& block : blocks) heights.push_back(measures.line + block.drop());
    const double room = static_cast<double>(lines) * measures.line + 1;
    if (columns_of(heights, room) > arrangement.columns) continue;
    fill_columns(entries, std::move(blocks), balanced_height(heights, columns_of(heights, room)));
    break;
  }
  const std::int64_t omitted = legend.omitted + static_cast<std::int64_t>(legend.entries.size() - shown);
  if (omitted > 0) remark_ = type.line(fmt::format("and {} more", omitted), unit);
  for (const Column& column : columns_) width_ += column.width;
  width_ += measures.column_gap * static_cast<double>(columns_.size() - 1);
  title_ = fitted(type, legend.title, {unit, std::max(width_, widest_aside_title * unit), 2});
  width_ = std::max({width_, title_.width(), width_ - columns_.back().width + remark_.width()});
}

void LegendBlock::fill_columns(std::span<const Legend::Entry> entries, std::vector<TextBlock> names,
                               double height) {
  double filled = height;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const double row = measures_.line + names[i].drop();
    if (columns_.empty() || (filled > 0 && filled + row > height)) {
      columns_.emplace_back();
      filled = 0;
    }
    filled += row;
    Column& column = columns_.back();
    column.width = std::max(column.width, name_indent() + names[i].width());
    column.rows.push_back({entries[i], std::move(names[i])});
  }
}

void LegendBlock::draw(Pen& pen, const Theme& theme, double x, double top) const {
  const double unit = measures_.unit, first_line = top + 1.5 * unit;
  pen.text(x, first_line, title_, theme.faint_ink);
  for (const Column& column : columns_) {
    double baseline = first_line + title_.drop() + measures_.line;
    for (const Row& row : column.rows) {
      pen.disc(x + measures_.swatch, baseline - 0.36 * unit, measures_.swatch, row.entry.color);
      if (shows_mark(row.entry)) {
        const TextBlock mark = pen.type().line(row.entry.mark, unit);
        pen.text(x + name_indent() - 0.6 * unit - mark.width(), baseline, mark, theme.faint_ink);
      }
      pen.text(x + name_indent(), baseline, row.name, theme.ink);
      baseline += measures_.line + row.name.drop();
    }
    if (&column == &columns_.back()) pen.text(x, baseline, remark_, theme.faint_ink);
    x += column.width + measures_.column_gap;
  }
}

}  // namespace fleetsne::plot
