#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/plot/text.hpp"

#include "places.hpp"
#include "value_scale.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace fleetsne::plot {
namespace {

/// More categories than this are marked by numbers, too, unless told otherwise.
constexpr std::size_t told_by_colour = 12;
constexpr std::size_t most_letters_of_mark = 4;
constexpr std::size_t most_panels_in_row = 4;

/// Points of every category, and in the last place those of none. Collective.
std::vector<std::int64_t> count_categories(const comm::Communicator& comm, const data::Labels& labels) {
  const std::size_t categories = labels.categories.size();
  std::vector<std::int64_t> counts(categories + 1, 0);
  for (const std::int32_t code : labels.codes) {
    const bool known = code >= 0 && static_cast<std::size_t>(code) < categories;
    ++counts[known ? static_cast<std::size_t>(code) : categories];
  }
  comm.all_reduce(std::span<std::int64_t>(counts), comm::Reduction::sum);
  return counts;
}

void number_entries(Legend& legend, Marks marks) {
  const auto categories = std::ranges::count_if(
      legend.entries, [](const Legend::Entry& entry) { return entry.category != no_category; });
  if (marks == Marks::never) return;
  if (marks == Marks::automatic && static_cast<std::size_t>(categories) <= told_by_colour) return;
  // Short names stand for themselves.
  const bool all_short = std::ranges::all_of(legend.entries, [](const Legend::Entry& entry) {
    const std::size_t letters = letter_ends(printable(entry.name)).size();
    return entry.category == no_category || (letters > 0 && letters <= most_letters_of_mark);
  });
  int number = 0;
  for (Legend::Entry& entry : legend.entries)
    if (entry.category != no_category) entry.mark = all_short ? entry.name : std::to_string(++number);
}

/// What the panels' points are drawn in.
struct Palette {
  Legend legend;
  std::vector<Ink> label_inks;
  ValueScale scale;
};

Palette make_palette(const comm::Communicator& comm, const PointColors& colors, const PlotConfig& config,
                     std::size_t legend_room) {
  Palette palette;
  const Theme theme = theme_of(config.background);
  if (colors.labels != nullptr) {
    const data::Labels& labels = *colors.labels;
    const std::size_t categories = labels.categories.size();
    const auto tints = category_colors(categories, config.background);
    const auto counts = count_categories(comm, labels);
    palette.legend = legend_of(labels.name, labels.categories, std::span(counts).first(categories),
                               {counts.back(), config.unlabelled, theme.missing}, tints, legend_room);
    number_entries(palette.legend, config.marks);
    for (const Srgb tint : tints) palette.label_inks.push_back(ink_of(tint));
  }
  palette.label_inks.push_back(ink_of(theme.missing));
  if (colors.values != nullptr) palette.scale = scale_values(comm, *colors.values, config.clip);
  return palette;
}

void warn_of_one_color(const ValueScale& scale, base::Log& log) {
  if (!scale.constant) return;
  log.warn(fmt::format(
      "{} in the column {} (a color scale shows differences between numbers). Choose another column",
      scale.any ? "all points have the same number" : "no point has a number", scale.bar.title));
}

base::Matrix<float> rotated(base::MatrixView<const float> embedding, double degrees) {
  const double angle = degrees * M_PI / 180, cosine = std::cos(angle), sine = std::sin(angle);
  base::Matrix<float> result(embedding.rows(), 2);
  for (std::size_t i = 0; i < embedding.rows(); ++i) {
    const double x = embedding(i, 0), y = embedding(i, 1);
    result(i, 0) = static_cast<float>(cosine * x - sine * y);
    result(i, 1) = static_cast<float>(sine * x + cosine * y);
  }
  return result;
}

void check(const PlotConfig& config) {
  if (config.size < smallest_size || config.size > largest_size)
    throw base::UsageError(
        fmt::format("a picture of {} pixels cannot be drawn (its size is {} to {}). Choose one of those",
                    config.size, smallest_size, largest_size));
  if (!config.window) return;
  const Window& w = *config.window;
  const double x = w.right - w.left, y = w.top - w.bottom;
  if (!(x > 0) || !(y > 0) || !std::isfinite(x) || !std::isfinite(y) || x > 20 * y || y > 20 * x)
    throw base::UsageError(
        fmt::format("a window from {} to {} and from {} to {} cannot be drawn (its ends must ascend, and one "
                    "side be at most 20 times the other). Choose another --window",
                    w.left, w.right, w.bottom, w.top));
}

std::int64_t points_in(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                       const Viewport& viewport) {
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < embedding.rows(); ++i)
    seen += viewport.shows(embedding(i, 0), embedding(i, 1), 0) ? 1 : 0;
  return comm.all_reduce(seen, comm::Reduction::sum);
}

/// One panel, finished on rank 0. Collective.
PanelImage draw(const comm::Communicator& comm, const Panel& panel, const PointColors& colors,
                const Palette& palette, const PlotConfig& config) {
  base::Matrix<float> turned;
  base::MatrixView<const float> embedding = panel.embedding;
  if (config.rotation != 0) {
    turned = rotated(embedding, config.rotation);
    embedding = turned.view();
  }
  const auto all = bounds(comm, embedding);
  const Window whole = all.value_or(Window{-0.5, 0.5, -0.5, 0.5});
  const Viewport viewport =
      config.window ? viewport_of(*config.window, config.size) : square_viewport(whole, config.size);
  const bool by_label = panel.coloring == Coloring::labels, by_value = panel.coloring == Coloring::values;
  const auto codes = by_label   ? std::span<const std::int32_t>(colors.labels->codes)
                     : by_value ? std::span<const std::int32_t>(palette.scale.codes)
                                : std::span<const std::int32_t>();
  const double side = std::sqrt(static_cast<double>(viewport.width) * viewport.height);
  const Raster raster = rasterise(comm, embedding, codes, by_value ? palette.scale.inks : palette.label_inks,
                                  viewport, point_radius(points_in(comm, embedding, viewport), side));
  PanelImage image{.width = viewport.width, .height = viewport.height, .pixels = {}, .title = panel.title};
  if (config.axes) image.axes = viewport.window();
  const double room = 0.03 * side;
  if (by_label) image.marks = place_marks(comm, embedding, codes, palette.legend, viewport, room);
  comm::on_root(comm, [&] { image.pixels = shade(raster, panel.coloring, theme_of(config.background)); });
  return image;
}

}  // namespace

std::vector<unsigned char> render_panels(const comm::Communicator& comm, std::span<const Panel> panels,
                                         const PointColors& colors, const PlotConfig& config,
                                         base::Log& log) {
  FLEETSNE_EXPECT(!panels.empty());
  comm::agree(comm, [&] { check(config); });
  Sheet sheet{.title = config.title, .note = config.note, .panels = {}, .size = config.size};
  sheet.background = config.background;
  const std::size_t rows = (panels.size() + most_panels_in_row - 1) / most_panels_in_row;
  sheet.columns = (panels.size() + rows - 1) / rows;
  const Palette palette = make_palette(comm, colors, config, legend_room(sheet));
  bool labels = false;
  for (const Panel& panel : panels) {
    FLEETSNE_EXPECT(panel.embedding.columns() == 2 || panel.embedding.rows() == 0);
    FLEETSNE_EXPECT(panel.coloring != Coloring::labels || colors.labels != nullptr);
    FLEETSNE_EXPECT(panel.coloring != Coloring::values || colors.values != nullptr);
    sheet.panels.push_back(draw(comm, panel, colors, palette, config));
    labels = labels || panel.coloring == Coloring::labels;
    if (panel.coloring == Coloring::values) sheet.bar = palette.scale.bar;
  }
  if (sheet.bar) warn_of_one_color(palette.scale, log);
  if (labels) sheet.legend = palette.legend;
  const std::int64_t points =
      comm.all_reduce(static_cast<std::int64_t>(panels.front().embedding.rows()), comm::Reduction::sum);
  if (sheet.note.empty()) sheet.note = points == 1 ? "1 point" : with_thousands(points) + " points";
  std::vector<unsigned char> bytes;
  comm::on_root(comm, [&] {
    const Picture picture = compose(sheet);
    for (const std::string& warning : picture.warnings) log.warn(warning);
    bytes = encode_png(picture);
  });
  return bytes;
}

std::optional<Window> turned_bounds(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                                    double rotation) {
  if (rotation == 0) return bounds(comm, embedding);
  const base::Matrix<float> turned = rotated(embedding, rotation);
  return bounds(comm, turned.view());
}

Window joined(const Window& a, const Window& b) {
  return {std::min(a.left, b.left), std::max(a.right, b.right), std::min(a.bottom, b.bottom),
          std::max(a.top, b.top)};
}

Window with_margin(const Window& window) {
  return square_viewport(window, smallest_size).window();
}

std::vector<unsigned char> render_embedding(const comm::Communicator& comm,
                                            base::MatrixView<const float> embedding,
                                            const std::optional<data::Labels>& labels,
                                            const PlotConfig& config, base::Log& log) {
  FLEETSNE_EXPECT(!labels || labels->codes.size() == embedding.rows());
  const Panel panel{embedding, "", labels ? Coloring::labels : Coloring::density};
  return render_panels(comm, std::span(&panel, 1), {labels ? &*labels : nullptr, nullptr}, config, log);
}

}  // namespace fleetsne::plot
