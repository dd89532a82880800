#include "fleetsne/plot/color.hpp"

#include "fleetsne/plot/theme.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace fleetsne::plot {

namespace {

using Triple = std::array<double, 3>;
using Matrix3 = std::array<Triple, 3>;

Triple product(const Matrix3& m, const Triple& v) {
  Triple out{};
  for (std::size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

double decode(std::uint8_t channel) {
  const double v = channel / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

std::uint8_t encode(double linear) {
  const double v = std::clamp(linear, 0.0, 1.0);
  const double encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1.0 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255.0 * encoded));
}

Triple linear_of(Srgb color) {
  return {decode(color.red), decode(color.green), decode(color.blue)};
}

Oklab oklab_of_linear(const Triple& rgb) {
  static constexpr Matrix3 cones = {{{0.4122214708, 0.5363325363, 0.0514459929},
                                     {0.2119034982, 0.6806995451, 0.1073969566},
                                     {0.0883024619, 0.2817188376, 0.6299787005}}};
  static constexpr Matrix3 opponents = {{{0.2104542553, 0.7936177850, -0.0040720468},
                                         {1.9779984951, -2.4285922050, 0.4505937099},
                                         {0.0259040371, 0.7827717662, -0.8086757660}}};
  Triple lms = product(cones, rgb);
  for (double& value : lms) value = std::cbrt(value);
  const Triple lab = product(opponents, lms);
  return {lab[0], lab[1], lab[2]};
}

/// A colour as three kinds of sight perceive it.
struct Sights {
  std::array<Oklab, 3> seen;
};

Sights sights_of(Srgb color) {
  static constexpr Matrix3 deuteranopia = {
      {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
  static constexpr Matrix3 protanopia = {
      {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
  const Triple rgb = linear_of(color);
  return {{oklab_of_linear(rgb), oklab_of_linear(product(deuteranopia, rgb)),
           oklab_of_linear(product(protanopia, rgb))}};
}

double distance(Oklab a, Oklab b) {
  return std::hypot(a.lightness - b.lightness, a.green_red - b.green_red, a.blue_yellow - b.blue_yellow);
}

double distance(const Sights& a, const Sights& b) {
  double least = distance(a.seen[0], b.seen[0]);
  for (std::size_t i = 1; i < a.seen.size(); ++i) least = std::min(least, distance(a.seen[i], b.seen[i]));
  return least;
}

/// A colour that a category may be given, and how far it is from the nearest one in use.
struct Candidate {
  Srgb color;
  Sights sights;
  double nearest = 0;
};

/// A grid over sRGB without what is too near to grey, and on white what is too pale or too dark to tell its
/// hue, on black what is too dark.
std::vector<Candidate> candidates(Background background) {
  const double darkest = background == Background::light ? 0.40 : 0.50;
  const double palest = background == Background::light ? 0.84 : 0.92;
  constexpr int step = 15;
  std::vector<Candidate> all;
  for (int red = 0; red <= 255; red += step) {
    for (int green = 0; green <= 255; green += step) {
      for (int blue = 0; blue <= 255; blue += step) {
        const Srgb color{static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                         static_cast<std::uint8_t>(blue)};
        const Oklab lab = to_oklab(color);
        const double chroma = std::hypot(lab.green_red, lab.blue_yellow);
        if (lab.lightness < darkest || lab.lightness > palest || chroma < 0.07 || chroma > 0.20) continue;
        all.push_back({color, sights_of(color), 1e9});
      }
    }
  }
  return all;
}

constexpr std::array<Srgb, 7> okabe_ito = {{{0, 114, 178},
                                            {213, 94, 0},
                                            {0, 158, 115},
                                            {204, 121, 167},
                                            {230, 159, 0},
                                            {86, 180, 233},
                                            {240, 228, 66}}};

}  // namespace

Oklab to_oklab(Srgb color) {
  return oklab_of_linear(linear_of(color));
}

Srgb to_srgb(Oklab color) {
  static constexpr Matrix3 cones = {{{1.0, 0.3963377774, 0.2158037573},
                                     {1.0, -0.1055613458, -0.0638541728},
                                     {1.0, -0.0894841775, -1.2914855480}}};
  static constexpr Matrix3 primaries = {{{4.0767416621, -3.3077115913, 0.2309699292},
                                         {-1.2684380046, 2.6097574011, -0.3413193965},
                                         {-0.0041960863, -0.7034186147, 1.7076147010}}};
  Triple lms = product(cones, {color.lightness, color.green_red, color.blue_yellow});
  for (double& value : lms) value = value * value * value;
  const Triple rgb = product(primaries, lms);
  return {encode(rgb[0]), encode(rgb[1]), encode(rgb[2])};
}

Oklab mix(Oklab from, Oklab to, double share) {
  return {from.lightness + share * (to.lightness - from.lightness),
          from.green_red + share * (to.green_red - from.green_red),
          from.blue_yellow + share * (to.blue_yellow - from.blue_yellow)};
}

double safe_distance(Srgb a, Srgb b) {
  return distance(sights_of(a), sights_of(b));
}

std::vector<Srgb> category_colors(std::size_t count) {
  return category_colors(count, Background::light);
}

std::vector<Srgb> category_colors(std::size_t count, Background background) {
  constexpr std::size_t most = 256;
  const std::size_t distinct = std::min(count, most);
  std::vector<Srgb> colors(okabe_ito.begin(), okabe_ito.begin() + std::min(distinct, okabe_ito.size()));
  if (distinct > okabe_ito.size()) {
    std::vector<Candidate> free = candidates(background);
    const Theme theme = theme_of(background);
    const auto take = [&free](Srgb color) {
      const Sights used = sights_of(color);
      for (Candidate& c : free) c.nearest = std::min(c.nearest, distance(c.sights, used));
    };
    take(theme.paper);
    take(theme.missing);
    for (const Srgb color : colors) take(color);
    while (colors.size() < distinct) {
      // The first of equals: the palette is the same everywhere.
      const auto best =
          std::max_element(free.begin(), free.end(),
                           [](const Candidate& a, const Candidate& b) { return a.nearest < b.nearest; });
      colors.push_back(best->color);
      take(best->color);
    }
  }
  for (std::size_t i = distinct; i < count; ++i) colors.push_back(colors[i - distinct]);
  return colors;
}

Oklab density_color(double level) {
  const Oklab sparse = to_oklab({158, 202, 225}), middle = to_oklab({33, 113, 181}),
              dense = to_oklab({8, 29, 88});
  return level < 0.6 ? mix(sparse, middle, level / 0.6) : mix(middle, dense, (level - 0.6) / 0.4);
}

}  // namespace fleetsne::plot
