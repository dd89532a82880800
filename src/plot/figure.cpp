#include "fleetsne/plot/figure.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/plot/text.hpp"

#include "pen.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::plot {
namespace {

/// Measures in pixels; all grow with the text.
struct Layout {
  double unit;  ///< height of legend text
  double title_height, line, swatch, column_gap;
  int margin, header, panel_header, axis_left, axis_bottom;

  explicit Layout(const Sheet& sheet) {
    const double panels = std::min(1.5, std::sqrt(static_cast<double>(sheet.columns)));
    unit = std::max(9.0, 0.0185 * panels * sheet.size);
    title_height = 1.45 * unit;
    line = 1.55 * unit;
    swatch = 0.42 * unit;
    column_gap = 1.6 * unit;
    margin = pixels(0.8 * unit);
    header = sheet.title.empty() && sheet.note.empty() ? margin : pixels(2.6 * title_height);
    const auto titled = [](const PanelImage& panel) { return !panel.title.empty(); };
    const auto framed = [](const PanelImage& panel) { return panel.axes.has_value(); };
    panel_header = std::ranges::any_of(sheet.panels, titled) ? pixels(2.0 * unit) : 0;
    const bool axes = std::ranges::any_of(sheet.panels, framed);
    axis_left = axes ? pixels(3.6 * unit) : 0;
    axis_bottom = axes ? pixels(1.8 * unit) : 0;
  }
  static int pixels(double length) { return static_cast<int>(std::lround(length)); }
};

/// Widest names in units of text height, and how many columns of them.
constexpr double widest_name = 16.0;
constexpr std::size_t most_columns = 3;

/// Entries below each other in so many pixels.
std::size_t lines_in(int height, double line) {
  return static_cast<std::size_t>(std::max(3.0, std::floor(height / line) - 3));
}

/// One column of the legend.
struct Column {
  std::vector<Legend::Entry> entries;
  double width = 0;
};

/// What stands right of the panels, and how wide it is.
struct Aside {
  std::vector<Column> columns;
  double mark_width = 0;  ///< of the widest mark, with a gap
  std::string title, remark;
  double width = 0;
};

/// A mark that is the name itself is not said twice.
bool shows_mark(const Legend::Entry& entry) {
  return !entry.mark.empty() && entry.mark != entry.name;
}

Aside legend_aside(Pen& pen, const Legend& legend, const Layout& layout, int height) {
  Aside aside;
  if (legend.entries.empty()) return aside;
  const std::size_t room = lines_in(height, layout.line);
  const std::size_t shown = std::min(legend.entries.size(), most_columns * room);
  const std::size_t columns = (shown + room - 1) / room, each = (shown + columns - 1) / columns;
  for (const Legend::Entry& entry : legend.entries)
    if (shows_mark(entry))
      aside.mark_width = std::max(aside.mark_width, pen.width(entry.mark, layout.unit) + 0.6 * layout.unit);
  aside.columns.resize(columns);
  for (std::size_t i = 0; i < shown; ++i) {
    Column& column = aside.columns[i / each];
    Legend::Entry entry = legend.entries[i];
    entry.name = pen.fitted(printable(entry.name), layout.unit, widest_name * layout.unit);
    column.width =
        std::max(column.width, 3.0 * layout.swatch + aside.mark_width + pen.width(entry.name, layout.unit));
    column.entries.push_back(std::move(entry));
  }
  aside.title = pen.fitted(printable(legend.title), layout.unit, widest_name * layout.unit);
  const std::int64_t omitted =
      legend.omitted + static_cast<std::int64_t>(legend.entries.size()) - static_cast<std::int64_t>(shown);
  if (omitted > 0) {
    aside.remark = fmt::format("and {} more", omitted);
    aside.columns.back().width = std::max(aside.columns.back().width, pen.width(aside.remark, layout.unit));
  }
  aside.width = layout.column_gap * static_cast<double>(columns - 1);
  for (const Column& column : aside.columns) aside.width += column.width;
  aside.width = std::max(aside.width, pen.width(aside.title, layout.unit));
  return aside;
}

void draw_legend(Pen& pen, const Aside& aside, const Layout& layout, const Theme& theme, double x,
                 double top) {
  const double first_line = top + 1.5 * layout.unit;
  pen.text(x, first_line, aside.title, layout.unit, theme.faint_ink);
  for (std::size_t c = 0; c < aside.columns.size(); ++c) {
    double baseline = first_line;
    for (const Legend::Entry& entry : aside.columns[c].entries) {
      baseline += layout.line;
      pen.disc(x + layout.swatch, baseline - 0.36 * layout.unit, layout.swatch, entry.color);
      const double name_x = x + 3.0 * layout.swatch + aside.mark_width;
      if (shows_mark(entry))
        pen.text(name_x - 0.6 * layout.unit - pen.width(entry.mark, layout.unit), baseline, entry.mark,
                 layout.unit, theme.faint_ink);
      pen.text(name_x, baseline, entry.name, layout.unit, theme.ink);
    }
    if (c + 1 == aside.columns.size())
      pen.text(x, baseline + layout.line, aside.remark, layout.unit, theme.faint_ink);
    x += aside.columns[c].width + layout.column_gap;
  }
}

/// A number with no more digits than `step` between ticks needs, and a true minus.
std::string tick_text(double value, double step) {
  const double size = std::abs(value) < 1e-9 * step ? 0 : std::abs(value);
  const char* sign = value < 0 && size > 0 ? "\u2212" : "";
  if (std::max(size, step) >= 1e6 || step < 1e-5) return fmt::format("{}{:.4g}", sign, size);
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  return fmt::format("{}{:.{}f}", sign, size, decimals);
}

double step_of(const std::vector<double>& ticks) {
  return ticks.size() > 1 ? ticks[1] - ticks[0] : std::max(1e-3, ticks.empty() ? 1 : std::abs(ticks[0]));
}

double bar_width(const Layout& layout) {
  return 1.3 * layout.unit;
}

Aside bar_aside(Pen& pen, const ColorBar& bar, const Layout& layout) {
  Aside aside;
  aside.title = pen.fitted(printable(bar.title), layout.unit, widest_name * layout.unit);
  const auto ticks = nice_ticks(bar.low, bar.high, 5);
  double widest = pen.width(aside.title, layout.unit) - bar_width(layout);
  for (const double tick : ticks)
    widest = std::max(widest, 0.9 * layout.unit + pen.width(tick_text(tick, step_of(ticks)), layout.unit));
  if (bar.missing) widest = std::max(widest, pen.width("no number", layout.unit));
  aside.width = bar_width(layout) + widest;
  return aside;
}

void draw_bar(Pen& pen, const Aside& aside, const ColorBar& bar, const Layout& layout, const Theme& theme,
              double x, double top, int height) {
  const double first_line = top + 1.5 * layout.unit, width = bar_width(layout);
  pen.text(x, first_line, aside.title, layout.unit, theme.faint_ink);
  const double begin = std::round(first_line + layout.unit);
  const int steps =
      Layout::pixels(std::max(4 * layout.unit, std::min(18 * layout.unit, height - 8 * layout.unit)));
  const double length = steps;
  for (int i = 0; i < steps; ++i)
    pen.rectangle(std::round(x), begin + i, std::round(width), 1.0,
                  to_srgb(value_color(1 - (i + 0.5) / steps, theme.background)));
  const auto ticks = nice_ticks(bar.low, bar.high, 5);
  for (const double tick : ticks) {
    const double y = begin + length * (bar.high - tick) / (bar.high - bar.low);
    pen.line(x + width, y, x + width + 0.35 * layout.unit, y, theme.faint_ink);
    pen.text(x + width + 0.7 * layout.unit, y + 0.36 * layout.unit, tick_text(tick, step_of(ticks)),
             layout.unit, theme.ink);
  }
  double baseline = begin + length + layout.line;
  if (bar.clipped) pen.text(x, baseline, "ends: and beyond", 0.85 * layout.unit, theme.faint_ink);
  if (!bar.missing) return;
  baseline += bar.clipped ? layout.line : 0;
  pen.disc(x + layout.swatch, baseline - 0.36 * layout.unit, layout.swatch, theme.missing);
  pen.text(x + 3.0 * layout.swatch, baseline, "no number", layout.unit, theme.ink);
}

/// The frame of a panel that stands at (left, top), with numbers below and left of it.
void draw_axes(Pen& pen, const PanelImage& panel, const Layout& layout, const Theme& theme, int left,
               int top) {
  const Window& window = *panel.axes;
  const double height = 0.85 * layout.unit, tick = 0.35 * layout.unit;
  pen.frame(left - 1, top - 1, panel.width + 1, panel.height + 1, theme.rule);
  const auto across = nice_ticks(window.left, window.right, 5);
  for (const double value : across) {
    const double x = left + panel.width * (value - window.left) / (window.right - window.left);
    const std::string text = tick_text(value, step_of(across));
    pen.line(x, top + panel.height, x, top + panel.height + tick, theme.faint_ink);
    pen.text(x - 0.5 * pen.width(text, height), top + panel.height + tick + 1.1 * height, text, height,
             theme.faint_ink);
  }
  const auto up = nice_ticks(window.bottom, window.top, 5);
  for (const double value : up) {
    const double y = top + panel.height * (window.top - value) / (window.top - window.bottom);
    const std::string text = tick_text(value, step_of(up));
    pen.line(left - 1 - tick, y, left - 1, y, theme.faint_ink);
    pen.text(left - 1.6 * tick - pen.width(text, height), y + 0.36 * height, text, height, theme.faint_ink);
  }
}

void draw_panel(Pen& pen, cairo_surface_t* surface, const PanelImage& panel, const Layout& layout,
                const Theme& theme, int left, int top) {
  const int indent = panel.axes ? 0 : layout.margin;
  if (!panel.title.empty())
    pen.text(left + indent, top - 0.75 * layout.unit,
             pen.fitted(printable(panel.title), 1.1 * layout.unit, panel.width - indent), 1.1 * layout.unit,
             theme.ink);
  blit(panel.pixels, panel.width, panel.height, surface, left, top);
  for (const Mark& mark : panel.marks)
    pen.centered(left + mark.x, top + mark.y, printable(mark.text), layout.unit, theme.ink, theme.paper);
  if (panel.axes) draw_axes(pen, panel, layout, theme, left, top);
}

/// Title and note in one line, the note in grey.
void draw_header(Pen& pen, const Sheet& sheet, const Layout& layout, const Theme& theme, double room) {
  const double baseline = 1.75 * layout.title_height;
  const double left = layout.margin + std::max(layout.axis_left, layout.margin);
  const std::string note = pen.fitted(printable(sheet.note), layout.unit, room - layout.margin);
  const double note_width = note.empty() ? 0.0 : pen.width(note, layout.unit) + layout.unit;
  const std::string head =
      pen.fitted(printable(sheet.title), layout.title_height, room - note_width - layout.margin);
  pen.text(left, baseline, head, layout.title_height, theme.ink);
  const double note_x = left + (head.empty() ? 0.0 : pen.width(head, layout.title_height) + layout.unit);
  pen.text(note_x, baseline, note, layout.unit, theme.faint_ink);
}

}  // namespace

std::size_t legend_room(const Sheet& sheet) {
  return std::min(largest_legend, most_columns * lines_in(sheet.size, Layout(sheet).line));
}

std::vector<double> nice_ticks(double low, double high, int wanted) {
  std::vector<double> ticks;
  if (!(high > low)) return {low};
  const double rough = (high - low) / std::max(1, wanted);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double share = rough / power;
  const double step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
  const double slack = 1e-9 * step;
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k)
    ticks.push_back(k * step + 0.0);
  return ticks;
}

Picture compose(const Sheet& sheet) {
  const Theme theme = theme_of(sheet.background);
  const Layout layout(sheet);
  int panel_width = 0, panel_height = 0;
  for (const PanelImage& panel : sheet.panels) {
    FLEETSNE_EXPECT(panel.pixels.size() == static_cast<std::size_t>(panel.width) * panel.height);
    panel_width = std::max(panel_width, panel.width);
    panel_height = std::max(panel_height, panel.height);
  }
  const auto columns = static_cast<int>(sheet.columns);
  const int rows = (static_cast<int>(sheet.panels.size()) + columns - 1) / columns;
  const int step_x = layout.axis_left + panel_width + layout.margin;
  const int step_y = layout.panel_header + panel_height + layout.axis_bottom + layout.margin;
  const int panels_width = columns * step_x - layout.margin, panels_height = rows * step_y - layout.margin;

  const Surface probe = make_surface(1, 1);
  Pen measure(probe.get());
  const Aside aside = sheet.bar ? bar_aside(measure, *sheet.bar, layout)
                                : legend_aside(measure, sheet.legend, layout, panels_height);
  const int aside_pixels = aside.width > 0 ? static_cast<int>(std::ceil(aside.width)) + 2 * layout.margin : 0;

  const int left = layout.margin, top = layout.header;
  const Surface surface =
      make_surface(left + panels_width + aside_pixels + layout.margin, top + panels_height + layout.margin);
  Pen pen(surface.get());
  pen.fill(theme.paper);
  draw_header(pen, sheet, layout, theme, panels_width + aside_pixels);
  for (std::size_t i = 0; i < sheet.panels.size(); ++i) {
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    draw_panel(pen, surface.get(), sheet.panels[i], layout, theme, left + layout.axis_left + column * step_x,
               top + layout.panel_header + row * step_y);
  }
  const double x = left + panels_width + layout.margin, y = top + layout.panel_header;
  if (sheet.bar) {
    draw_bar(pen, aside, *sheet.bar, layout, theme, x, y, panels_height);
  } else if (aside.width > 0) {
    draw_legend(pen, aside, layout, theme, x, y);
  }
  pen.check();
  return pixels_of(surface.get());
}

Picture compose(std::span<const Srgb> square, int size, const std::string& title, const std::string& note,
                const Legend& legend) {
  FLEETSNE_EXPECT(square.size() == static_cast<std::size_t>(size) * size);
  PanelImage panel{.width = size, .height = size, .pixels = {square.begin(), square.end()}};
  return compose(
      {.title = title, .note = note, .panels = {std::move(panel)}, .size = size, .legend = legend});
}

}  // namespace fleetsne::plot
