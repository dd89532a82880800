#include "fleetsne/plot/raster.hpp"

#include <algorithm>

namespace fleetsne::plot {
namespace {

/// Opacity of the sparsest pixels.
constexpr double least_opacity = 0.35;

/// The mean of what a pixel's points add.
std::array<double, 3> mean_ink(const Raster& raster, std::size_t pixel) {
  const double unit = 1.0 / (static_cast<double>(raster.coverage[pixel]) * color_units);
  std::array<double, 3> mean{};
  for (std::size_t c = 0; c < mean.size(); ++c) mean[c] = static_cast<double>(raster.ink[c][pixel]) * unit;
  return mean;
}

/// How much of a pixel is covered at least once.
double covered_share(const Raster& raster, std::size_t pixel) {
  return std::min(1.0, static_cast<double>(raster.coverage[pixel]) / static_cast<double>(full_coverage));
}

}  // namespace

std::vector<double> equalise(std::span<const std::int64_t> coverage) {
  // Pixels that are covered in part only (the rims of discs) rank with those covered once, and fade by their
  // share.
  const auto ranked = [](std::int64_t value) { return std::max(value, full_coverage); };
  std::vector<std::int64_t> sorted;
  for (const std::int64_t value : coverage) {
    if (value > 0) sorted.push_back(ranked(value));
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> opacity(coverage.size(), 0.0);
  for (std::size_t i = 0; i < coverage.size(); ++i) {
    const std::int64_t value = coverage[i];
    if (value <= 0) continue;
    const auto no_denser = std::upper_bound(sorted.begin(), sorted.end(), ranked(value)) - sorted.begin();
    const double rank = static_cast<double>(no_denser) / static_cast<double>(sorted.size());
    const double covered = std::min(1.0, static_cast<double>(value) / static_cast<double>(full_coverage));
    opacity[i] = covered * (least_opacity + (1.0 - least_opacity) * rank);
  }
  return opacity;
}

std::vector<Srgb> shade(const Raster& raster, Coloring coloring, const Theme& theme) {
  const std::vector<double> opacity = equalise(raster.coverage);
  const Oklab paper = to_oklab(theme.paper), missing = to_oklab(theme.missing);
  std::vector<Srgb> image(raster.coverage.size(), theme.paper);
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (raster.coverage[i] <= 0) continue;
    const double covered = covered_share(raster, i);
    const auto mean = mean_ink(raster, i);
    switch (coloring) {
      case Coloring::labels:
        image[i] = to_srgb(mix(paper, {mean[0], mean[1], mean[2]}, opacity[i]));
        break;
      case Coloring::density: {
        const double level = (opacity[i] / covered - least_opacity) / (1.0 - least_opacity);
        image[i] = to_srgb(mix(paper, density_color(level, theme.background), covered));
        break;
      }
      case Coloring::values: {
        // Of a pixel's points some may have no number: they grey it.
        const double known = mean[1], level = known > 0 ? mean[0] / known : 0;
        image[i] = to_srgb(mix(paper, mix(missing, value_color(level, theme.background), known), covered));
        break;
      }
    }
  }
  return image;
}

}  // namespace fleetsne::plot
