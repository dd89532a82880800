#include "fleetsne/plot/theme.hpp"

#include <algorithm>
#include <span>

namespace fleetsne::plot {
namespace {

/// Between colours that stand at even distances from 0 to 1.
Oklab between(std::span<const Srgb> stops, double level) {
  const double at = std::clamp(level, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const auto first = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  return mix(to_oklab(stops[first]), to_oklab(stops[first + 1]), at - static_cast<double>(first));
}

constexpr Srgb density_on_black[] = {{38, 66, 104}, {58, 120, 176}, {116, 186, 228}, {240, 250, 255}};
constexpr Srgb values_on_white[] = {{253, 208, 124}, {240, 128, 88}, {178, 50, 112}, {58, 16, 96}};
constexpr Srgb values_on_black[] = {{78, 46, 150}, {184, 62, 140}, {246, 132, 84}, {252, 236, 150}};

}  // namespace

Theme theme_of(Background background) {
  if (background == Background::light)
    return {background, white, {38, 38, 38}, {112, 112, 112}, {208, 208, 208}, missing_color};
  return {background, {0, 0, 0}, {235, 235, 235}, {160, 160, 160}, {70, 70, 70}, {88, 88, 88}};
}

Oklab density_color(double level, Background background) {
  return background == Background::light ? density_color(level) : between(density_on_black, level);
}

Oklab value_color(double level, Background background) {
  return background == Background::light ? between(values_on_white, level) : between(values_on_black, level);
}

}  // namespace fleetsne::plot
