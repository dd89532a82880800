#pragma once

#include "fleetsne/plot/color.hpp"
#include "fleetsne/plot/figure.hpp"

#include "typesetter.hpp"
#include <cairo.h>

#include <memory>
#include <set>
#include <span>
#include <string>

namespace fleetsne::plot {

struct Release {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Release>;
using Context = std::unique_ptr<cairo_t, Release>;

/// Throws IoError unless it is success.
void expect_success(cairo_status_t status);
/// Throws IoError.
Surface make_surface(int width, int height);

/// Copies width x height pixels onto a surface.
void blit(std::span<const Srgb> pixels, int width, int height, cairo_surface_t* surface, int left, int top);
Picture pixels_of(cairo_surface_t* surface);

/// Text, discs and lines on a surface.
class Pen {
 public:
  /// Keeps a reference to the typesetter.
  Pen(cairo_surface_t* surface, const Typesetter& type);

  const Typesetter& type() const { return type_; }
  /// Characters of drawn text that no font of the machine has: boxes stand for them.
  const std::set<char32_t>& missing_characters() const { return missing_; }

  void fill(Srgb color);
  /// The block's first line on the baseline, its left edge at x in scripts of either direction.
  void text(double x, double baseline, const TextBlock& block, Srgb color);
  void text(double x, double baseline, const std::string& text, double height, Srgb color);
  /// Text around a point, on a rim of another color that sets it off from what is below.
  void centered(double x, double y, const std::string& text, double height, Srgb color, Srgb rim);
  void disc(double x, double y, double radius, Srgb color);
  void rectangle(double x, double y, double width, double height, Srgb color);
  void frame(double x, double y, double width, double height, Srgb color);
  void line(double x0, double y0, double x1, double y1, Srgb color);
  /// Throws IoError if anything has failed.
  void check() { expect_success(cairo_status(context_.get())); }

 private:
  void set_color(Srgb color);
  const Typesetter& type_;
  Context context_;
  std::set<char32_t> missing_;
};

}  // namespace fleetsne::plot
