#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/plot/color.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::plot {

/// From the embedding's plane to a square of size x size pixels, both axes at the same scale, y upwards.
struct Viewport {
  int size = 0;  ///< pixels
  double center_x = 0, center_y = 0;
  double pixels_per_unit = 1;

  double pixel_x(double x) const { return 0.5 * size + (x - center_x) * pixels_per_unit; }
  double pixel_y(double y) const { return 0.5 * size - (y - center_y) * pixels_per_unit; }
};

/// The viewport that shows all points with a small margin. Points that all coincide stand in the middle.
/// @param embedding  local rows x 2
/// @note Collective. Throws NumericalError on all ranks if a coordinate is not finite.
Viewport fit_viewport(const comm::Communicator& comm, base::MatrixView<const float> embedding, int size);

/// Radius in pixels of the disc that a point is drawn as: large for few points, so that single ones are seen,
/// falling with the square root of their number; 0 stands for the one pixel that holds the point.
double point_radius(std::int64_t points, int size);

/// Integer units of coverage that a point gives to a pixel that it covers wholly.
inline constexpr std::int64_t full_coverage = 255;
/// Integer units of one in OKLab.
inline constexpr double color_units = 4096.0;

/// Sums of every pixel, size x size row-major: how much the points cover it, and the sums of
/// coverage x colour (OKLab, in color_units).
struct Raster {
  int size = 0;
  std::vector<std::int64_t> coverage, lightness, green_red, blue_yellow;
};

/// Draws every point into the sums. Integers: the same for any distribution of the rows.
/// @param embedding  local rows x 2, finite
/// @param codes      for each local row which of `colors` it has, others are missing_color; empty if there
/// are no labels
/// @param radius     pixels, as point_radius gives it
/// @return           on rank 0 the sums over all ranks, elsewhere nothing
/// @note Collective. Ranks other than 0 hold at most 32 MiB for it, whatever the size.
Raster rasterise(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                 std::span<const std::int32_t> codes, std::span<const Srgb> colors, const Viewport& viewport,
                 double radius);

/// Opacity in (0, 1] of a pixel by the rank of its coverage among all pixels that have any (0 where there is
/// none): equal shares of the pixels get equal ranges of opacity, so structure shows at any density. Monotone
/// in coverage.
std::vector<double> equalise(std::span<const std::int64_t> coverage);

/// The picture on white: with labels the mean colour of the points of each pixel at its opacity, without
/// them density_color.
std::vector<Srgb> shade(const Raster& raster, bool by_label);

}  // namespace fleetsne::plot
