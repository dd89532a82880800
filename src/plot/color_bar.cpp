#include "color_bar.hpp"

#include "fitted_text.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::plot {
namespace {

constexpr const char* beyond = "ends: and beyond";
constexpr int wanted_ticks = 5;

const char* missing_text(data::Quantity quantity) {
  return quantity == data::Quantity::time ? "no date" : "no number";
}

}  // namespace

ColorBarBlock::ColorBarBlock(const Typesetter& type, const ColorBar& bar, const Measures& measures,
                             int height)
    : measures_(measures),
      bar_(bar),
      ticks_(bar.quantity == data::Quantity::time ? time_ticks(bar.low, bar.high, wanted_ticks)
                                                  : number_ticks(bar.low, bar.high, wanted_ticks)),
      title_(fitted(type, bar.title, {measures.unit, widest_aside_title * measures.unit, 2})),
      height_(height) {
  const double unit = measures.unit;
  const auto width_of = [&](const std::string& text) { return type.line(text, unit).width(); };
  width_ = std::max(title_.width(), width_of(ticks_.offset));
  for (const std::string& text : ticks_.texts)
    width_ = std::max(width_, bar_width() + 0.9 * unit + width_of(text));
  if (bar.missing) width_ = std::max(width_, 3.0 * measures.swatch + width_of(missing_text(bar.quantity)));
  if (bar.clipped) width_ = std::max(width_, width_of(beyond));
}

double ColorBarBlock::draw_scale(Pen& pen, const Theme& theme, double x, double top) const {
  const double unit = measures_.unit, width = bar_width();
  const int length = Measures::pixels(std::max(4 * unit, std::min(18 * unit, height_ - 8 * unit)));
  for (int i = 0; i < length; ++i)
    pen.rectangle(std::round(x), top + i, std::round(width), 1.0,
                  to_srgb(value_color(1 - (i + 0.5) / length, theme.background)));
  for (std::size_t t = 0; t < ticks_.places.size(); ++t) {
    const double share = (bar_.high / 2 - ticks_.places[t] / 2) / (bar_.high / 2 - bar_.low / 2);
    const double y = top + length * share;
    pen.line(x + width, y, x + width + 0.35 * unit, y, theme.faint_ink);
    pen.text(x + width + 0.7 * unit, y + 0.36 * unit, ticks_.texts[t], unit, theme.ink);
  }
  return top + length;
}

void ColorBarBlock::draw(Pen& pen, const Theme& theme, double x, double top) const {
  const double unit = measures_.unit;
  double baseline = top + 1.5 * unit;
  pen.text(x, baseline, title_, theme.faint_ink);
  baseline += title_.drop();
  if (!ticks_.offset.empty()) {
    baseline += measures_.line;
    pen.text(x, baseline, ticks_.offset, unit, theme.faint_ink);
  }
  baseline = draw_scale(pen, theme, x, std::round(baseline + unit)) + measures_.line;
  if (bar_.clipped) {
    pen.text(x, baseline, beyond, 0.85 * unit, theme.faint_ink);
    baseline += measures_.line;
  }
  if (!bar_.missing) return;
  pen.disc(x + measures_.swatch, baseline - 0.36 * unit, measures_.swatch, theme.missing);
  pen.text(x + 3.0 * measures_.swatch, baseline, missing_text(bar_.quantity), unit, theme.ink);
}

}  // namespace fleetsne::plot
