#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/plot/figure.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/plot/raster.hpp"
#include "fleetsne/plot/text.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <span>

namespace fleetsne::plot {
namespace {

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

}  // namespace

std::vector<unsigned char> render_embedding(const comm::Communicator& comm,
                                            base::MatrixView<const float> embedding,
                                            const std::optional<data::Labels>& labels,
                                            const PlotConfig& config) {
  FLEETSNE_EXPECT(embedding.columns() == 2 || embedding.rows() == 0);
  FLEETSNE_EXPECT(!labels || labels->codes.size() == embedding.rows());
  comm::agree(comm, [&] {
    if (config.size >= smallest_size && config.size <= largest_size) return;
    throw base::UsageError(
        fmt::format("A picture of {} pixels cannot be drawn (its size is {} to {}). Choose one of those.",
                    config.size, smallest_size, largest_size));
  });
  const Viewport viewport = fit_viewport(comm, embedding, config.size);
  const std::int64_t points =
      comm.all_reduce(static_cast<std::int64_t>(embedding.rows()), comm::Reduction::sum);

  std::vector<Srgb> colors;
  Legend legend;
  std::span<const std::int32_t> codes;
  if (labels) {
    const std::size_t categories = labels->categories.size();
    colors = category_colors(categories);
    const std::vector<std::int64_t> counts = count_categories(comm, *labels);
    legend = legend_of(labels->name, labels->categories, std::span(counts).first(categories), counts.back(),
                       colors);
    codes = labels->codes;
  }
  const Raster raster =
      rasterise(comm, embedding, codes, colors, viewport, point_radius(points, config.size));
  std::vector<unsigned char> bytes;
  comm::on_root(comm, [&] {
    const std::string note = points == 1 ? "1 point" : with_thousands(points) + " points";
    bytes = encode_png(compose(shade(raster, labels.has_value()), config.size, config.title, note, legend));
  });
  return bytes;
}

}  // namespace fleetsne::plot
