#pragma once

#include "fleetsne/plot/figure.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::plot {

/// Measures of a sheet in pixels; all grow with the text.
struct Measures {
  double unit;  ///< height of legend text
  double title_height, line, swatch, column_gap;
  int margin;

  explicit Measures(const Sheet& sheet)
      : unit(std::max(9.0,
                      0.0185 * std::min(1.5, std::sqrt(static_cast<double>(sheet.columns))) * sheet.size)),
        title_height(1.45 * unit),
        line(1.55 * unit),
        swatch(0.42 * unit),
        column_gap(1.6 * unit),
        margin(pixels(0.8 * unit)) {}
  static int pixels(double length) { return static_cast<int>(std::lround(length)); }
};

/// Widest title of a legend or a color bar, in units.
inline constexpr double widest_aside_title = 16;
inline constexpr int most_title_lines = 3;

}  // namespace fleetsne::plot
