#include "fleetsne/plot/figure.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/plot/abbreviate.hpp"
#include "fleetsne/plot/ticks.hpp"

#include "color_bar.hpp"
#include "fitted_text.hpp"
#include "legend_block.hpp"
#include "measures.hpp"
#include "missing_text.hpp"
#include "pen.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::plot {
namespace {

/// Where the panels of a sheet stand, in pixels.
struct Grid {
  int columns, rows;
  int panel_width = 0, panel_height = 0, axis_left = 0, axis_bottom = 0, header = 0;
  int margin;

  Grid(const Sheet& sheet, const Measures& measures)
      : columns(static_cast<int>(sheet.columns)),
        rows((static_cast<int>(sheet.panels.size()) + columns - 1) / columns),
        margin(measures.margin) {
    for (const PanelImage& panel : sheet.panels) {
      FLEETSNE_EXPECT(panel.pixels.size() == static_cast<std::size_t>(panel.width) * panel.height);
      panel_width = std::max(panel_width, panel.width);
      panel_height = std::max(panel_height, panel.height);
      if (!panel.axes) continue;
      axis_left = Measures::pixels(3.6 * measures.unit);
      axis_bottom = Measures::pixels(1.8 * measures.unit);
    }
  }
  int step_x() const { return axis_left + panel_width + margin; }
  int step_y() const { return header + panel_height + axis_bottom + margin; }
  int width() const { return columns * step_x() - margin; }
  int height() const { return rows * step_y() - margin; }
};

/// The titles of panels: their names are often those of files, which begin alike.
std::vector<TextBlock> panel_titles(const Typesetter& type, const Sheet& sheet, const Grid& grid,
                                    const Measures& measures) {
  std::vector<std::string> given;
  for (const PanelImage& panel : sheet.panels)
    if (!panel.title.empty()) given.push_back(panel.title);
  const double indent = grid.axis_left > 0 ? 0 : measures.margin;
  auto set =
      fitted(type, told_apart(given), {1.1 * measures.unit, grid.panel_width - indent, most_title_lines});
  std::vector<TextBlock> titles(sheet.panels.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < titles.size(); ++i)
    if (!sheet.panels[i].title.empty()) titles[i] = std::move(set[next++]);
  return titles;
}

int panel_header(const std::vector<TextBlock>& titles, const Sheet& sheet, const Measures& measures) {
  if (std::ranges::all_of(sheet.panels, [](const PanelImage& panel) { return panel.title.empty(); }))
    return 0;
  double drop = 0;
  for (const TextBlock& title : titles) drop = std::max(drop, title.drop());
  return Measures::pixels(2.0 * measures.unit + drop);
}

/// Title and note above all panels, side by side if they fit, else below each other; the note in gray.
class Heading {
 public:
  Heading(const Typesetter& type, const Sheet& sheet, const Measures& measures, double left, double room)
      : measures_(measures), left_(left), empty_(sheet.title.empty() && sheet.note.empty()) {
    const double gap = sheet.title.empty() ? 0 : measures.unit;
    title_ = fitted(type, sheet.title, {measures.title_height, room, most_title_lines});
    note_ = fitted(type, sheet.note, {measures.unit, room, most_title_lines});
    if (title_.lines() > 1 || title_.width() + gap + note_.width() > room)
      note_drop_ = sheet.title.empty() || sheet.note.empty() ? 0 : 1.6 * measures.unit;
    note_left_ = note_drop_ > 0 ? 0 : title_.width() + gap;
  }
  int height() const {
    if (empty_) return measures_.margin;
    return Measures::pixels(2.6 * measures_.title_height + title_.drop() + note_drop_ + note_.drop());
  }
  void draw(Pen& pen, const Theme& theme) const {
    const double baseline = 1.75 * measures_.title_height;
    pen.text(left_, baseline, title_, theme.ink);
    pen.text(left_ + note_left_, baseline + title_.drop() + note_drop_, note_, theme.faint_ink);
  }

 private:
  const Measures& measures_;
  double left_, note_left_ = 0, note_drop_ = 0;
  bool empty_;
  TextBlock title_, note_;
};

/// The frame of a panel that stands at (left, top), with numbers below and left of it.
void draw_axes(Pen& pen, const PanelImage& panel, const Measures& measures, const Theme& theme, int left,
               int top) {
  const Window& window = *panel.axes;
  const double height = 0.85 * measures.unit, tick = 0.35 * measures.unit;
  pen.frame(left - 1, top - 1, panel.width + 1, panel.height + 1, theme.rule);
  const Ticks across = axis_ticks(window.left, window.right, 5);
  for (std::size_t t = 0; t < across.places.size(); ++t) {
    const double x = left + panel.width * (across.places[t] - window.left) / (window.right - window.left);
    const TextBlock text = pen.type().line(across.texts[t], height);
    pen.line(x, top + panel.height, x, top + panel.height + tick, theme.faint_ink);
    pen.text(x - 0.5 * text.width(), top + panel.height + tick + 1.1 * height, text, theme.faint_ink);
  }
  const Ticks up = axis_ticks(window.bottom, window.top, 5);
  for (std::size_t t = 0; t < up.places.size(); ++t) {
    const double y = top + panel.height * (window.top - up.places[t]) / (window.top - window.bottom);
    const TextBlock text = pen.type().line(up.texts[t], height);
    pen.line(left - 1 - tick, y, left - 1, y, theme.faint_ink);
    pen.text(left - 1.6 * tick - text.width(), y + 0.36 * height, text, theme.faint_ink);
  }
}

/// @param title  its last line stands right above the panel
void draw_panel(Pen& pen, cairo_surface_t* surface, const PanelImage& panel, const TextBlock& title,
                const Measures& measures, const Theme& theme, int left, int top) {
  const int indent = panel.axes ? 0 : measures.margin;
  pen.text(left + indent, top - 0.75 * measures.unit - title.drop(), title, theme.ink);
  blit(panel.pixels, panel.width, panel.height, surface, left, top);
  for (const Mark& mark : panel.marks)
    pen.centered(left + mark.x, top + mark.y, mark.text, measures.unit, theme.ink, theme.paper);
  if (panel.axes) draw_axes(pen, panel, measures, theme, left, top);
}

}  // namespace

std::size_t legend_room(const Sheet& sheet) {
  return std::min(largest_legend, most_columns * entries_in(sheet.size, Measures(sheet)));
}

Picture compose(const Sheet& sheet) {
  const Theme theme = theme_of(sheet.background);
  const Measures measures(sheet);
  const Typesetter type;
  Grid grid(sheet, measures);
  const std::vector<TextBlock> titles = panel_titles(type, sheet, grid, measures);
  grid.header = panel_header(titles, sheet, measures);

  std::optional<ColorBarBlock> bar;
  std::optional<LegendBlock> legend;
  if (sheet.bar) {
    bar.emplace(type, *sheet.bar, measures, grid.height());
  } else if (!sheet.legend.entries.empty()) {
    legend.emplace(type, sheet.legend, measures, grid.height());
  }
  const double aside = bar ? bar->width() : legend ? legend->width() : 0;
  const int aside_pixels = aside > 0 ? static_cast<int>(std::ceil(aside)) + 2 * measures.margin : 0;
  const int margin = measures.margin, width = margin + grid.width() + aside_pixels + margin;
  const double heading_left = margin + std::max(grid.axis_left, margin);
  const Heading heading(type, sheet, measures, heading_left, width - margin - heading_left);

  const int top = heading.height();
  const Surface surface = make_surface(width, top + grid.height() + margin);
  Pen pen(surface.get(), type);
  pen.fill(theme.paper);
  heading.draw(pen, theme);
  for (std::size_t i = 0; i < sheet.panels.size(); ++i) {
    const int column = static_cast<int>(i) % grid.columns, row = static_cast<int>(i) / grid.columns;
    draw_panel(pen, surface.get(), sheet.panels[i], titles[i], measures, theme,
               margin + grid.axis_left + column * grid.step_x(), top + grid.header + row * grid.step_y());
  }
  const double x = margin + grid.width() + margin, y = top + grid.header;
  if (bar) bar->draw(pen, theme, x, y);
  if (legend) legend->draw(pen, theme, x, y);
  pen.check();
  Picture picture = pixels_of(surface.get());
  picture.warnings = warnings_about_text(type, pen.missing_characters());
  return picture;
}

Picture compose(std::span<const Srgb> square, int size, const std::string& title, const std::string& note,
                const Legend& legend) {
  FLEETSNE_EXPECT(square.size() == static_cast<std::size_t>(size) * size);
  PanelImage panel{.width = size, .height = size, .pixels = {square.begin(), square.end()}};
  return compose(
      {.title = title, .note = note, .panels = {std::move(panel)}, .size = size, .legend = legend});
}

}  // namespace fleetsne::plot
