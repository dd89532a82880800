#include "pen.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>
#include <pango/pangocairo.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace fleetsne::plot {
namespace {

std::uint32_t packed(Srgb c) {
  return (std::uint32_t{c.red} << 16) | (std::uint32_t{c.green} << 8) | c.blue;
}

/// Lines of whole pixels are sharp where they lie between two.
double between_pixels(double at) {
  return std::floor(at) + 0.5;
}

}  // namespace

void expect_success(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  throw base::IoError(
      fmt::format("The picture could not be drawn (cairo: {}). Choose a smaller size, or go without it.",
                  cairo_status_to_string(status)));
}

Surface make_surface(int width, int height) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  expect_success(cairo_surface_status(surface.get()));
  return surface;
}

void blit(std::span<const Srgb> pixels, int width, int height, cairo_surface_t* surface, int left, int top) {
  cairo_surface_flush(surface);
  unsigned char* data = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < height; ++y) {
    auto* line =
        reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(top + y) * stride) + left;
    for (int x = 0; x < width; ++x) line[x] = packed(pixels[static_cast<std::size_t>(y) * width + x]);
  }
  cairo_surface_mark_dirty(surface);
}

Picture pixels_of(cairo_surface_t* surface) {
  cairo_surface_flush(surface);
  Picture picture;
  picture.width = cairo_image_surface_get_width(surface);
  picture.height = cairo_image_surface_get_height(surface);
  picture.pixels.reserve(static_cast<std::size_t>(picture.width) * picture.height);
  const unsigned char* data = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < picture.height; ++y) {
    const auto* line = reinterpret_cast<const std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < picture.width; ++x) {
      const auto byte = [value = line[x]](int shift) {
        return static_cast<std::uint8_t>(value >> shift & 0xff);
      };
      picture.pixels.push_back({byte(16), byte(8), byte(0)});
    }
  }
  return picture;
}

Pen::Pen(cairo_surface_t* surface, const Typesetter& type) : type_(type), context_(cairo_create(surface)) {
  expect_success(cairo_status(context_.get()));
}

void Pen::fill(Srgb color) {
  set_color(color);
  cairo_paint(context_.get());
}

void Pen::text(double x, double baseline, const TextBlock& block, Srgb color) {
  if (block.layout() == nullptr) return;
  block.add_missing_characters(missing_);
  set_color(color);
  cairo_move_to(context_.get(), x - block.left(), baseline - block.baseline());
  pango_cairo_show_layout(context_.get(), block.layout());
}

void Pen::text(double x, double baseline, const std::string& text, double height, Srgb color) {
  this->text(x, baseline, type_.line(text, height), color);
}

void Pen::centered(double x, double y, const std::string& text, double height, Srgb color, Srgb rim) {
  const TextBlock block = type_.line(text, height);
  if (block.layout() == nullptr) return;
  PangoRectangle ink;
  pango_layout_get_pixel_extents(block.layout(), &ink, nullptr);
  const double left = x - 0.5 * block.width(), top = y - 0.5 * ink.height - ink.y;
  cairo_move_to(context_.get(), left, top);
  pango_cairo_layout_path(context_.get(), block.layout());
  set_color(rim);
  cairo_set_line_width(context_.get(), 0.28 * height);
  cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(context_.get());
  this->text(left, top + block.baseline(), block, color);
}

void Pen::disc(double x, double y, double radius, Srgb color) {
  set_color(color);
  cairo_arc(context_.get(), x, y, radius, 0.0, 2.0 * M_PI);
  cairo_fill(context_.get());
}

void Pen::rectangle(double x, double y, double width, double height, Srgb color) {
  set_color(color);
  cairo_rectangle(context_.get(), x, y, width, height);
  cairo_fill(context_.get());
}

void Pen::frame(double x, double y, double width, double height, Srgb color) {
  set_color(color);
  cairo_set_line_width(context_.get(), 1.0);
  cairo_rectangle(context_.get(), between_pixels(x), between_pixels(y), width, height);
  cairo_stroke(context_.get());
}

void Pen::line(double x0, double y0, double x1, double y1, Srgb color) {
  set_color(color);
  cairo_set_line_width(context_.get(), 1.0);
  cairo_move_to(context_.get(), between_pixels(x0), between_pixels(y0));
  cairo_line_to(context_.get(), between_pixels(x1), between_pixels(y1));
  cairo_stroke(context_.get());
}

void Pen::set_color(Srgb color) {
  cairo_set_source_rgb(context_.get(), color.red / 255.0, color.green / 255.0, color.blue / 255.0);
}

}  // namespace fleetsne::plot
