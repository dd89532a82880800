#include "fleetsne/plot/raster.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace fleetsne::plot {

namespace {

/// Share of the square's side that the points' larger extent takes.
constexpr double filled_share = 0.94;
/// Share of the square's area that all discs would cover side by side.
constexpr double ink_share = 0.36;
/// Discs smaller than a pixel are drawn as that pixel.
constexpr double smallest_radius = 0.7;
/// Largest radius as a share of the side.
constexpr double largest_radius_share = 0.0055;
/// Opacity of the sparsest pixels.
constexpr double least_opacity = 0.35;
/// Pixels summed at a time: 4 sums of 8 bytes each.
constexpr std::int64_t pixels_per_band = std::int64_t{1} << 20;

/// A point's colour in integers.
struct Ink {
  std::int64_t lightness, green_red, blue_yellow;
};

Ink ink_of(Srgb color) {
  const Oklab lab = to_oklab(color);
  return {std::llround(lab.lightness * color_units), std::llround(lab.green_red * color_units),
          std::llround(lab.blue_yellow * color_units)};
}

/// Coverage of the pixels around a disc, for its centre at each of 8 x 8 places inside a pixel.
class Stamp {
 public:
  static constexpr int places = 8;

  explicit Stamp(double radius)
      : reach_(radius > 0 ? static_cast<int>(std::ceil(radius + 0.5)) : 0), side_(2 * reach_ + 1) {
    weights_.reserve(static_cast<std::size_t>(side_) * side_ * places * places);
    for (int place_y = 0; place_y < places; ++place_y) {
      for (int place_x = 0; place_x < places; ++place_x) {
        const double x = (place_x + 0.5) / places - 0.5, y = (place_y + 0.5) / places - 0.5;
        for (int dy = -reach_; dy <= reach_; ++dy) {
          for (int dx = -reach_; dx <= reach_; ++dx) {
            const double inside = std::clamp(radius + 0.5 - std::hypot(dx - x, dy - y), 0.0, 1.0);
            weights_.push_back(radius > 0 ? std::llround(full_coverage * inside)
                                          : full_coverage * (dx == 0 && dy == 0));
          }
        }
      }
    }
  }

  int reach() const { return reach_; }
  /// Row `dy` of the weights (2 reach + 1 of them) for a centre at (x, y) inside its pixel, both in [0, 1).
  const std::int64_t* row(double x, double y, int dy) const {
    const int place = static_cast<int>(y * places) * places + static_cast<int>(x * places);
    return weights_.data() + (static_cast<std::size_t>(place) * side_ + (dy + reach_)) * side_;
  }

 private:
  int reach_, side_;
  std::vector<std::int64_t> weights_;
};

/// The sums of pixel rows [first, last).
class Band {
 public:
  Band(int size, int first, int last)
      : size_(size), first_(first), last_(last), pixels_(static_cast<std::size_t>(size) * (last - first)) {
    for (auto& sum : sums_) sum.assign(pixels_, 0);
  }

  void draw(const Stamp& stamp, double x, double y, const Ink& ink) {
    const double floor_x = std::floor(x), floor_y = std::floor(y);
    const int at_x = static_cast<int>(floor_x), at_y = static_cast<int>(floor_y);
    const int reach = stamp.reach();
    const int top = std::max(at_y - reach, first_), bottom = std::min(at_y + reach, last_ - 1);
    const int left = std::max(at_x - reach, 0), right = std::min(at_x + reach, size_ - 1);
    for (int row = top; row <= bottom; ++row) {
      const std::int64_t* weights = stamp.row(x - floor_x, y - floor_y, row - at_y);
      const std::size_t line = static_cast<std::size_t>(row - first_) * size_;
      for (int column = left; column <= right; ++column) {
        const std::int64_t weight = weights[column - at_x + reach];
        const std::size_t pixel = line + column;
        sums_[0][pixel] += weight;
        sums_[1][pixel] += weight * ink.lightness;
        sums_[2][pixel] += weight * ink.green_red;
        sums_[3][pixel] += weight * ink.blue_yellow;
      }
    }
  }

  void add_to(Raster& raster) const {
    const std::size_t at = static_cast<std::size_t>(first_) * size_;
    std::copy(sums_[0].begin(), sums_[0].end(), raster.coverage.begin() + at);
    std::copy(sums_[1].begin(), sums_[1].end(), raster.lightness.begin() + at);
    std::copy(sums_[2].begin(), sums_[2].end(), raster.green_red.begin() + at);
    std::copy(sums_[3].begin(), sums_[3].end(), raster.blue_yellow.begin() + at);
  }

  void reduce(const comm::Communicator& comm) {
    for (auto& sum : sums_) comm.reduce(std::span<std::int64_t>(sum), comm::Reduction::sum, 0);
  }

 private:
  int size_, first_, last_;
  std::size_t pixels_;
  std::array<std::vector<std::int64_t>, 4> sums_;
};

}  // namespace

Viewport fit_viewport(const comm::Communicator& comm, base::MatrixView<const float> embedding, int size) {
  // Largest of -x, x, -y, y: one reduction for both ends of both axes.
  std::array<double, 4> ends;
  ends.fill(-std::numeric_limits<double>::infinity());
  comm::agree(comm, [&] {
    for (std::size_t i = 0; i < embedding.rows(); ++i) {
      const double x = embedding(i, 0), y = embedding(i, 1);
      if (!std::isfinite(x) || !std::isfinite(y)) {
        throw base::NumericalError(
            "The embedding has coordinates that are not finite (no picture can show them). "
            "If they come from an optimisation, lower its learning rate.");
      }
      ends = {std::max(ends[0], -x), std::max(ends[1], x), std::max(ends[2], -y), std::max(ends[3], y)};
    }
  });
  comm.all_reduce(std::span<double>(ends), comm::Reduction::max);
  Viewport viewport;
  viewport.size = size;
  if (!std::isfinite(ends[0])) return viewport;  // no points at all
  viewport.center_x = 0.5 * (ends[1] - ends[0]);
  viewport.center_y = 0.5 * (ends[3] - ends[2]);
  const double extent = std::max(ends[0] + ends[1], ends[2] + ends[3]);
  if (extent > 0) viewport.pixels_per_unit = filled_share * size / extent;
  return viewport;
}

double point_radius(std::int64_t points, int size) {
  const double side = size;
  const double radius =
      side * std::sqrt(ink_share / (M_PI * static_cast<double>(std::max<std::int64_t>(points, 1))));
  if (radius < smallest_radius) return 0.0;
  return std::min(radius, std::max(smallest_radius, largest_radius_share * side));
}

Raster rasterise(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                 std::span<const std::int32_t> codes, std::span<const Srgb> colors, const Viewport& viewport,
                 double radius) {
  FLEETSNE_EXPECT(codes.empty() || codes.size() == embedding.rows());
  const Stamp stamp(radius);
  std::vector<Ink> inks;
  for (const Srgb color : colors) inks.push_back(ink_of(color));
  inks.push_back(ink_of(missing_color));
  const auto ink_at = [&](std::size_t i) -> const Ink& {
    const bool known = !codes.empty() && codes[i] >= 0 && static_cast<std::size_t>(codes[i]) < colors.size();
    return known ? inks[static_cast<std::size_t>(codes[i])] : inks.back();
  };

  Raster raster;
  raster.size = viewport.size;
  const auto pixels = static_cast<std::size_t>(viewport.size) * viewport.size;
  if (comm.rank() == 0) {
    for (auto* sum : {&raster.coverage, &raster.lightness, &raster.green_red, &raster.blue_yellow}) {
      sum->assign(pixels, 0);
    }
  }
  const int band_rows = static_cast<int>(std::max<std::int64_t>(1, pixels_per_band / viewport.size));
  for (int first = 0; first < viewport.size; first += band_rows) {
    Band band(viewport.size, first, std::min(viewport.size, first + band_rows));
    for (std::size_t i = 0; i < embedding.rows(); ++i) {
      band.draw(stamp, viewport.pixel_x(embedding(i, 0)), viewport.pixel_y(embedding(i, 1)), ink_at(i));
    }
    band.reduce(comm);
    if (comm.rank() == 0) band.add_to(raster);
  }
  return raster;
}

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

std::vector<Srgb> shade(const Raster& raster, bool by_label) {
  const std::vector<double> opacity = equalise(raster.coverage);
  const Oklab paper = to_oklab(white);
  std::vector<Srgb> image(raster.coverage.size(), white);
  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::int64_t weight = raster.coverage[i];
    if (weight <= 0) continue;
    if (by_label) {
      const double unit = 1.0 / (static_cast<double>(weight) * color_units);
      const Oklab mean{static_cast<double>(raster.lightness[i]) * unit,
                       static_cast<double>(raster.green_red[i]) * unit,
                       static_cast<double>(raster.blue_yellow[i]) * unit};
      image[i] = to_srgb(mix(paper, mean, opacity[i]));
    } else {
      const double covered = std::min(1.0, static_cast<double>(weight) / static_cast<double>(full_coverage));
      const double level = (opacity[i] / covered - least_opacity) / (1.0 - least_opacity);
      image[i] = to_srgb(mix(paper, density_color(level), covered));
    }
  }
  return image;
}

}  // namespace fleetsne::plot
