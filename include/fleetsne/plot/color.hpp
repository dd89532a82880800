#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fleetsne::plot {

/// A colour as screens take it: 8 bits a channel, gamma-encoded sRGB.
struct Srgb {
  std::uint8_t red = 0, green = 0, blue = 0;
  friend bool operator==(Srgb, Srgb) = default;
};

/// A colour by lightness (0 black, 1 white) and two opponent axes: equal distances look about equally
/// different, so that mixtures and fades in it look even.                        [Ottosson 2020, A perceptual
/// color space]
struct Oklab {
  double lightness = 0, green_red = 0, blue_yellow = 0;
};

Oklab to_oklab(Srgb color);
/// Colours outside of what screens show are clamped.
Srgb to_srgb(Oklab color);
/// The colour `share` of the way from `from` to `to`.
Oklab mix(Oklab from, Oklab to, double share);

/// Euclidean distance in OKLab, the least over normal sight, deuteranopia and protanopia: what tells two
/// colours apart for the reader who sees them worst.                            [dichromats: Machado et al.
/// 2009, table 1]
double safe_distance(Srgb a, Srgb b);

inline constexpr Srgb white{255, 255, 255};
/// What points without a label are drawn in.
inline constexpr Srgb missing_color{190, 190, 190};

/// A colour for each of `count` categories. The first seven are Okabe and Ito's for the colour-blind; further
/// ones are found one by one as the most distinguishable from all before and from white and the grey of
/// missing labels; after 256 they repeat. The first n are the same whatever `count` is.          [Glasbey et
/// al. 2007, with safe_distance]
std::vector<Srgb> category_colors(std::size_t count);

/// The colour of a point density without labels: 0 is the sparsest that is drawn, 1 the densest.
Oklab density_color(double level);

}  // namespace fleetsne::plot
