#include "fleetsne/plot/figure.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/plot/text.hpp"

#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace fleetsne::plot {

namespace {

struct Release {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Release>;
using Context = std::unique_ptr<cairo_t, Release>;

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

constexpr Srgb ink{38, 38, 38};
constexpr Srgb faint_ink{120, 120, 120};

/// Text and discs on a surface.
class Pen {
 public:
  explicit Pen(cairo_surface_t* surface) : context_(cairo_create(surface)) {
    expect_success(cairo_status(context_.get()));
    cairo_select_font_face(context_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  }

  double width(const std::string& text, double height) {
    cairo_set_font_size(context_.get(), height);
    cairo_text_extents_t extents;
    cairo_text_extents(context_.get(), text.c_str(), &extents);
    return extents.x_advance;
  }

  /// `text` if it is no wider than `most`, else its beginning and an ellipsis.
  std::string fitted(const std::string& text, double height, double most) {
    std::string shown = text;
    for (std::size_t letters = text_length(text); letters > 0 && width(shown, height) > most;) {
      shown = text_prefix(text, --letters) + "\u2026";
    }
    return shown;
  }

  void text(double x, double baseline, const std::string& text, double height, Srgb color) {
    set_color(color);
    cairo_set_font_size(context_.get(), height);
    cairo_move_to(context_.get(), x, baseline);
    cairo_show_text(context_.get(), text.c_str());
  }

  void disc(double x, double y, double radius, Srgb color) {
    set_color(color);
    cairo_arc(context_.get(), x, y, radius, 0.0, 2.0 * M_PI);
    cairo_fill(context_.get());
  }

  void check() { expect_success(cairo_status(context_.get())); }

 private:
  void set_color(Srgb color) {
    cairo_set_source_rgb(context_.get(), color.red / 255.0, color.green / 255.0, color.blue / 255.0);
  }
  Context context_;
};

/// Where everything stands, in pixels; text grows with the picture.
struct Layout {
  double unit;  ///< height of legend text
  double title_height, line, swatch, column_gap;
  int margin, header;
  explicit Layout(int size, bool titled)
      : unit(std::max(9.0, size * 0.0185)),
        title_height(1.45 * unit),
        line(1.55 * unit),
        swatch(0.42 * unit),
        column_gap(1.6 * unit),
        margin(static_cast<int>(std::lround(0.8 * unit))),
        header(titled ? static_cast<int>(std::lround(2.6 * title_height)) : margin) {}
};

constexpr double widest_name = 16.0;  // in units of text height
constexpr std::size_t most_columns = 3;

/// One column of the legend.
struct Column {
  std::vector<Legend::Entry> entries;
  double width = 0;
};

std::vector<Column> columns_of(Pen& pen, const Legend& legend, const Layout& layout, int size) {
  const auto room = static_cast<std::size_t>(std::max(3.0, std::floor(size / layout.line) - 3));
  const std::size_t shown = std::min(legend.entries.size(), most_columns * room);
  const std::size_t columns = (shown + room - 1) / room;
  std::vector<Column> result(columns);
  const std::size_t each =
      std::max<std::size_t>(1, (shown + columns - 1) / std::max<std::size_t>(1, columns));
  for (std::size_t i = 0; i < shown; ++i) {
    Column& column = result[i / each];
    Legend::Entry entry = legend.entries[i];
    entry.name = pen.fitted(printable(entry.name), layout.unit, widest_name * layout.unit);
    column.width = std::max(column.width, 3.0 * layout.swatch + pen.width(entry.name, layout.unit));
    column.entries.push_back(std::move(entry));
  }
  return result;
}

/// What stands below the legend's entries.
std::string remark_of(const Legend& legend, const std::vector<Column>& columns) {
  auto omitted = legend.omitted + static_cast<std::int64_t>(legend.entries.size());
  for (const Column& column : columns) omitted -= static_cast<std::int64_t>(column.entries.size());
  return omitted > 0 ? fmt::format("and {} more", omitted) : std::string();
}

void blit(std::span<const Srgb> square, int size, cairo_surface_t* surface, int left, int top) {
  cairo_surface_flush(surface);
  unsigned char* data = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < size; ++y) {
    auto* line =
        reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(top + y) * stride) + left;
    for (int x = 0; x < size; ++x) {
      const Srgb c = square[static_cast<std::size_t>(y) * size + x];
      line[x] = (std::uint32_t{c.red} << 16) | (std::uint32_t{c.green} << 8) | c.blue;
    }
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

}  // namespace

Legend legend_of(const std::string& title, std::span<const std::string> categories,
                 std::span<const std::int64_t> counts, std::int64_t missing, std::span<const Srgb> colors) {
  FLEETSNE_EXPECT(categories.size() == counts.size() && colors.size() >= categories.size());
  std::vector<std::size_t> shown(categories.size());
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  std::erase_if(shown, [&](std::size_t c) { return counts[c] == 0; });
  Legend legend;
  legend.title = title;
  if (shown.size() > largest_legend) {
    legend.omitted = static_cast<std::int64_t>(shown.size() - largest_legend);
    std::stable_sort(shown.begin(), shown.end(),
                     [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
    shown.resize(largest_legend);
    std::sort(shown.begin(), shown.end());
  }
  for (const std::size_t c : shown) legend.entries.push_back({categories[c], colors[c]});
  if (missing > 0) legend.entries.push_back({"(no label)", missing_color});
  return legend;
}

Picture compose(std::span<const Srgb> square, int size, const std::string& title, const std::string& note,
                const Legend& legend) {
  FLEETSNE_EXPECT(square.size() == static_cast<std::size_t>(size) * size);
  const Layout layout(size, !title.empty() || !note.empty());
  Surface probe = make_surface(1, 1);
  Pen measure(probe.get());
  const std::vector<Column> columns = columns_of(measure, legend, layout, size);
  const std::string legend_title =
      measure.fitted(printable(legend.title), layout.unit, widest_name * layout.unit);

  double legend_width = columns.empty() ? 0.0 : layout.column_gap * static_cast<double>(columns.size() - 1);
  for (const Column& column : columns) legend_width += column.width;
  if (!columns.empty()) legend_width = std::max(legend_width, measure.width(legend_title, layout.unit));
  const int legend_pixels =
      columns.empty() ? 0 : static_cast<int>(std::ceil(legend_width)) + 2 * layout.margin;

  const int left = layout.margin, top = layout.header;
  Surface surface = make_surface(left + size + legend_pixels + layout.margin, top + size + layout.margin);
  Pen pen(surface.get());
  {
    const Context background(cairo_create(surface.get()));
    cairo_set_source_rgb(background.get(), 1.0, 1.0, 1.0);
    cairo_paint(background.get());
  }
  blit(square, size, surface.get(), left, top);

  const double title_baseline = 1.75 * layout.title_height;
  const double note_width = note.empty() ? 0.0 : pen.width(printable(note), layout.unit) + layout.unit;
  const std::string head =
      pen.fitted(printable(title), layout.title_height, size + legend_pixels - note_width - layout.margin);
  const double note_x =
      left + layout.margin + (head.empty() ? 0.0 : pen.width(head, layout.title_height) + layout.unit);
  pen.text(left + layout.margin, title_baseline, head, layout.title_height, ink);
  pen.text(note_x, title_baseline, printable(note), layout.unit, faint_ink);

  double x = left + size + layout.margin;
  const double first_line = top + 1.5 * layout.unit;
  pen.text(x, first_line, legend_title, layout.unit, faint_ink);
  const std::string remark = remark_of(legend, columns);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    double baseline = first_line;
    for (const Legend::Entry& entry : columns[c].entries) {
      baseline += layout.line;
      pen.disc(x + layout.swatch, baseline - 0.36 * layout.unit, layout.swatch, entry.color);
      pen.text(x + 3.0 * layout.swatch, baseline, entry.name, layout.unit, ink);
    }
    if (c + 1 == columns.size()) pen.text(x, baseline + layout.line, remark, layout.unit, faint_ink);
    x += columns[c].width + layout.column_gap;
  }
  pen.check();
  return pixels_of(surface.get());
}

std::vector<unsigned char> encode_png(const Picture& picture) {
  Surface surface = make_surface(picture.width, picture.height);
  cairo_surface_flush(surface.get());
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < picture.height; ++y) {
    auto* line = reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < picture.width; ++x) {
      const Srgb c = picture.at(x, y);
      line[x] = (std::uint32_t{c.red} << 16) | (std::uint32_t{c.green} << 8) | c.blue;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  std::vector<unsigned char> bytes;
  const auto append = [](void* to, const unsigned char* from, unsigned int count) {
    // No exception may pass through cairo's C frames.
    try {
      auto& all = *static_cast<std::vector<unsigned char>*>(to);
      all.insert(all.end(), from, from + count);
      return CAIRO_STATUS_SUCCESS;
    } catch (...) {
      return CAIRO_STATUS_NO_MEMORY;
    }
  };
  expect_success(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

}  // namespace fleetsne::plot
