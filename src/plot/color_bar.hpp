#pragma once

#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/theme.hpp"
#include "fleetsne/plot/ticks.hpp"

#include "measures.hpp"
#include "pen.hpp"

namespace fleetsne::plot {

/// A color bar as it stands beside the panels.
class ColorBarBlock {
 public:
  /// @param height  pixels that it has
  ColorBarBlock(const Typesetter& type, const ColorBar& bar, const Measures& measures, int height);

  double width() const { return width_; }
  void draw(Pen& pen, const Theme& theme, double x, double top) const;

 private:
  /// Draws the bar with its ticks; @return where it ends.
  double draw_scale(Pen& pen, const Theme& theme, double x, double top) const;
  double bar_width() const { return 1.3 * measures_.unit; }

  Measures measures_;
  ColorBar bar_;
  Ticks ticks_;
  TextBlock title_;
  int height_;
  double width_ = 0;
};

}  // namespace fleetsne::plot
