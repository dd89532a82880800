#pragma once

#include "fleetsne/plot/color.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::plot {

enum class Background { light, dark };  ///< on white, on black

/// The colours of a picture on one background.
struct Theme {
  Background background = Background::light;
  Srgb paper, ink, faint_ink;
  Srgb rule;     ///< lines of frames
  Srgb missing;  ///< what points without a label or number are drawn in
};

Theme theme_of(Background background);

/// category_colors, but on black without those that are too dark for it.
std::vector<Srgb> category_colors(std::size_t count, Background background);

/// The colour of a density or of a number between 0 and 1. Lightness runs one way all along, away from the
/// paper, so that the order is seen by every reader.
Oklab density_color(double level, Background background);
Oklab value_color(double level, Background background);

}  // namespace fleetsne::plot
