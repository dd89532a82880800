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
/// Pixels summed at a time: 4 sums of 8 bytes each.
constexpr std::int64_t pixels_per_band = std::int64_t{1} << 20;

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
  Band(int width, int first, int last)
      : width_(width), first_(first), last_(last), pixels_(static_cast<std::size_t>(width) * (last - first)) {
    for (auto& sum : sums_) sum.assign(pixels_, 0);
  }

  void draw(const Stamp& stamp, double x, double y, const Ink& ink) {
    const double floor_x = std::floor(x), floor_y = std::floor(y);
    const int at_x = static_cast<int>(floor_x), at_y = static_cast<int>(floor_y);
    const int reach = stamp.reach();
    const int top = std::max(at_y - reach, first_), bottom = std::min(at_y + reach, last_ - 1);
    const int left = std::max(at_x - reach, 0), right = std::min(at_x + reach, width_ - 1);
    for (int row = top; row <= bottom; ++row) {
      const std::int64_t* weights = stamp.row(x - floor_x, y - floor_y, row - at_y);
      const std::size_t line = static_cast<std::size_t>(row - first_) * width_;
      for (int column = left; column <= right; ++column) {
        const std::int64_t weight = weights[column - at_x + reach];
        const std::size_t pixel = line + column;
        sums_[0][pixel] += weight;
        for (std::size_t c = 0; c < ink.size(); ++c) sums_[c + 1][pixel] += weight * ink[c];
      }
    }
  }

  void add_to(Raster& raster) const {
    const std::size_t at = static_cast<std::size_t>(first_) * width_;
    std::copy(sums_[0].begin(), sums_[0].end(), raster.coverage.begin() + at);
    for (std::size_t c = 0; c < raster.ink.size(); ++c)
      std::copy(sums_[c + 1].begin(), sums_[c + 1].end(), raster.ink[c].begin() + at);
  }

  void reduce(const comm::Communicator& comm) {
    for (auto& sum : sums_) comm.reduce(std::span<std::int64_t>(sum), comm::Reduction::sum, 0);
  }

 private:
  int width_, first_, last_;
  std::size_t pixels_;
  std::array<std::vector<std::int64_t>, 4> sums_;
};

}  // namespace

Window Viewport::window() const {
  const double x = 0.5 * width / pixels_per_unit, y = 0.5 * height / pixels_per_unit;
  return {center_x - x, center_x + x, center_y - y, center_y + y};
}

std::optional<Window> bounds(const comm::Communicator& comm, base::MatrixView<const float> embedding) {
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
  if (!std::isfinite(ends[0])) return std::nullopt;
  return Window{-ends[0], ends[1], -ends[2], ends[3]};
}

Viewport viewport_of(const Window& window, int size) {
  const double x = window.right - window.left, y = window.top - window.bottom, longer = std::max(x, y);
  const auto side = [&](double extent) {
    return std::max(1, static_cast<int>(std::lround(extent / longer * size)));
  };
  return {side(x), side(y), 0.5 * (window.left + window.right), 0.5 * (window.bottom + window.top),
          size / longer};
}

Viewport square_viewport(const Window& window, int size) {
  Viewport viewport{size, size, 0.5 * (window.left + window.right), 0.5 * (window.bottom + window.top), 1};
  const double extent = std::max(window.right - window.left, window.top - window.bottom);
  if (extent > 0) viewport.pixels_per_unit = filled_share * size / extent;
  return viewport;
}

Viewport fit_viewport(const comm::Communicator& comm, base::MatrixView<const float> embedding, int size) {
  const auto window = bounds(comm, embedding);
  return window ? square_viewport(*window, size) : Viewport{size, size, 0, 0, 1};
}

double point_radius(std::int64_t points, double side) {
  const double radius =
      side * std::sqrt(ink_share / (M_PI * static_cast<double>(std::max<std::int64_t>(points, 1))));
  if (radius < smallest_radius) return 0.0;
  return std::min(radius, std::max(smallest_radius, largest_radius_share * side));
}

Ink ink_of(Srgb color) {
  const Oklab lab = to_oklab(color);
  return {std::llround(lab.lightness * color_units), std::llround(lab.green_red * color_units),
          std::llround(lab.blue_yellow * color_units)};
}

Ink ink_of_level(double level) {
  return {std::llround(level * color_units), std::llround(color_units), 0};
}

Raster rasterise(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                 std::span<const std::int32_t> codes, std::span<const Ink> inks, const Viewport& viewport,
                 double radius) {
  FLEETSNE_EXPECT(codes.empty() || codes.size() == embedding.rows());
  FLEETSNE_EXPECT(!inks.empty());
  const Stamp stamp(radius);
  const auto ink_at = [&](std::size_t i) -> const Ink& {
    const bool known =
        !codes.empty() && codes[i] >= 0 && static_cast<std::size_t>(codes[i]) < inks.size() - 1;
    return known ? inks[static_cast<std::size_t>(codes[i])] : inks.back();
  };

  Raster raster{.width = viewport.width, .height = viewport.height, .coverage = {}, .ink = {}};
  const auto pixels = static_cast<std::size_t>(viewport.width) * viewport.height;
  if (comm.rank() == 0) {
    raster.coverage.assign(pixels, 0);
    for (auto& sum : raster.ink) sum.assign(pixels, 0);
  }
  const int band_rows = static_cast<int>(std::max<std::int64_t>(1, pixels_per_band / viewport.width));
  for (int first = 0; first < viewport.height; first += band_rows) {
    Band band(viewport.width, first, std::min(viewport.height, first + band_rows));
    for (std::size_t i = 0; i < embedding.rows(); ++i) {
      const double x = embedding(i, 0), y = embedding(i, 1);
      // Far outside a pixel's number would not fit its type.
      if (viewport.shows(x, y, radius + 1))
        band.draw(stamp, viewport.pixel_x(x), viewport.pixel_y(y), ink_at(i));
    }
    band.reduce(comm);
    if (comm.rank() == 0) band.add_to(raster);
  }
  return raster;
}

}  // namespace fleetsne::plot
