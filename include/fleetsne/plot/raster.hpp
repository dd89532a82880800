#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/plot/color.hpp"
#include "fleetsne/plot/theme.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fleetsne::plot {

/// A part of the embedding's plane.
struct Window {
  double left = 0, right = 0, bottom = 0, top = 0;
};

/// From the embedding's plane to width x height pixels, both axes at the same scale, y upwards.
struct Viewport {
  int width = 0, height = 0;  ///< pixels
  double center_x = 0, center_y = 0;
  double pixels_per_unit = 1;

  double pixel_x(double x) const { return 0.5 * width + (x - center_x) * pixels_per_unit; }
  double pixel_y(double y) const { return 0.5 * height - (y - center_y) * pixels_per_unit; }
  /// What part of the plane the pixels show.
  Window window() const;
  /// Whether discs of this radius around a point can be seen.
  bool shows(double x, double y, double radius) const {
    const double px = pixel_x(x), py = pixel_y(y);
    return px >= -radius && px <= width + radius && py >= -radius && py <= height + radius;
  }
};

/// The smallest window that holds all points; none if there are no points at all.
/// @param embedding  local rows x 2
/// @note Collective. Throws NumericalError on all ranks if a coordinate is not finite.
std::optional<Window> bounds(const comm::Communicator& comm, base::MatrixView<const float> embedding);

/// A viewport that shows the window in a rectangle of its shape, the longer side of so many pixels.
Viewport viewport_of(const Window& window, int size);
/// The same in a square with a small margin around; an empty window stands in the middle.
Viewport square_viewport(const Window& window, int size);

/// The square viewport that shows all points with a small margin. Points that all coincide stand in the
/// middle.
/// @param embedding  local rows x 2
/// @note Collective. Throws NumericalError on all ranks if a coordinate is not finite.
Viewport fit_viewport(const comm::Communicator& comm, base::MatrixView<const float> embedding, int size);

/// Radius in pixels of the disc that a point is drawn as: large for few points, so that single ones are seen,
/// falling with the square root of their number; 0 stands for the one pixel that holds the point.
/// @param size  pixels of a side, or the root of their number
double point_radius(std::int64_t points, double size);

/// Integer units of coverage that a point gives to a pixel that it covers wholly.
inline constexpr std::int64_t full_coverage = 255;
/// Integer units of one in OKLab.
inline constexpr double color_units = 4096.0;

/// What a point adds to its pixels: three numbers that can be averaged.
using Ink = std::array<std::int64_t, 3>;
/// A colour in OKLab, in color_units.
Ink ink_of(Srgb color);
/// A number between 0 and 1, in color_units, and that it is one; of a point without a number all are 0.
Ink ink_of_level(double level);

/// Sums of every pixel, width x height row-major: how much the points cover it, and coverage x ink.
struct Raster {
  int width = 0, height = 0;
  std::vector<std::int64_t> coverage;
  std::array<std::vector<std::int64_t>, 3> ink;
};

/// Draws every point into the sums. Integers: the same for any distribution of the rows.
/// @param embedding  local rows x 2, finite
/// @param codes      for each local row which of `inks` it has, the last one where that is none; empty: all
/// have the last
/// @param inks       at least one
/// @param radius     pixels, as point_radius gives it
/// @return           on rank 0 the sums over all ranks, elsewhere nothing
/// @note Collective. Ranks other than 0 hold at most 32 MiB for it, whatever the size.
Raster rasterise(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                 std::span<const std::int32_t> codes, std::span<const Ink> inks, const Viewport& viewport,
                 double radius);

/// Opacity in (0, 1] of a pixel by the rank of its coverage among all pixels that have any (0 where there is
/// none): equal shares of the pixels get equal ranges of opacity, so structure shows at any density. Monotone
/// in coverage.
std::vector<double> equalise(std::span<const std::int64_t> coverage);

/// What colours say.
enum class Coloring {
  density,  ///< how many points: density_color by equalised coverage
  labels,   ///< the mean colour of a pixel's points, at its opacity
  values,   ///< value_color of the mean of a pixel's numbers
};

/// The picture on the theme's paper.
std::vector<Srgb> shade(const Raster& raster, Coloring coloring, const Theme& theme);

}  // namespace fleetsne::plot
