#include "places.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>

namespace fleetsne::plot {
namespace {

constexpr int cells = 64;  // a side of the grid that points are counted in
/// A place counts as nearly the densest from this share of its points on.
constexpr double nearly = 0.4;

std::size_t cell_at(int x, int y) {
  return static_cast<std::size_t>(y) * cells + static_cast<std::size_t>(x);
}

/// Counts of one category, summed over each cell and those around it.
std::vector<std::int64_t> smoothed(std::span<const std::int64_t> counts) {
  std::vector<std::int64_t> result(counts.size(), 0);
  for (int y = 0; y < cells; ++y)
    for (int x = 0; x < cells; ++x)
      for (int v = std::max(0, y - 1); v <= std::min(cells - 1, y + 1); ++v)
        for (int u = std::max(0, x - 1); u <= std::min(cells - 1, x + 1); ++u)
          result[cell_at(x, y)] += counts[cell_at(u, v)] * (u == x && v == y ? 2 : 1);
  return result;
}

/// The densest place that is free, if any of the nearly densest ones is.
std::optional<Mark> placed(const std::string& text, std::span<const std::int64_t> counts,
                           const Viewport& viewport, const std::vector<Mark>& others, double room) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  for (const std::size_t cell : order) {
    if (static_cast<double>(counts[cell]) < nearly * static_cast<double>(counts[order.front()])) break;
    const std::size_t row = cell / cells, column = cell % cells;
    const double x = static_cast<double>(column) + 0.5, y = static_cast<double>(row) + 0.5;
    const Mark mark{text, x * viewport.width / cells, y * viewport.height / cells};
    const bool free = std::ranges::none_of(others, [&](const Mark& other) {
      const auto letters = static_cast<double>(other.text.size() + mark.text.size());
      return std::abs(other.x - mark.x) < (0.35 + 0.2 * letters) * room && std::abs(other.y - mark.y) < room;
    });
    if (free) return mark;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Mark> place_marks(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                              std::span<const std::int32_t> codes, const Legend& legend,
                              const Viewport& viewport, double room) {
  constexpr std::size_t grid = std::size_t{cells} * cells;
  std::vector<std::size_t> entry_of;  // by category
  std::vector<std::size_t> marked;
  for (std::size_t e = 0; e < legend.entries.size(); ++e) {
    if (legend.entries[e].mark.empty()) continue;
    const auto category = static_cast<std::size_t>(legend.entries[e].category);
    if (entry_of.size() <= category) entry_of.resize(category + 1, legend.entries.size());
    entry_of[category] = marked.size();
    marked.push_back(e);
  }
  std::vector<std::int64_t> counts(marked.size() * grid, 0);
  for (std::size_t i = 0; i < embedding.rows(); ++i) {
    const double x = embedding(i, 0), y = embedding(i, 1);
    if (codes[i] < 0 || static_cast<std::size_t>(codes[i]) >= entry_of.size()) continue;
    const std::size_t m = entry_of[static_cast<std::size_t>(codes[i])];
    if (m >= marked.size() || !viewport.shows(x, y, -0.5)) continue;
    const auto column = static_cast<std::size_t>(viewport.pixel_x(x) / viewport.width * cells);
    const auto row = static_cast<std::size_t>(viewport.pixel_y(y) / viewport.height * cells);
    ++counts[m * grid + row * cells + column];
  }
  comm.reduce(std::span(counts), comm::Reduction::sum, 0);
  std::vector<Mark> marks;
  if (comm.rank() != 0) return marks;
  // Large categories choose first; small ones that find no room go without.
  std::vector<std::vector<std::int64_t>> seen;
  std::vector<std::size_t> order(marked.size());
  std::vector<std::int64_t> totals;
  for (std::size_t m = 0; m < marked.size(); ++m) {
    const auto own = std::span(counts).subspan(m * grid, grid);
    totals.push_back(std::accumulate(own.begin(), own.end(), std::int64_t{0}));
    seen.push_back(smoothed(own));
    order[m] = m;
  }
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return totals[a] > totals[b]; });
  for (const std::size_t m : order) {
    if (totals[m] == 0) continue;
    const auto mark = placed(legend.entries[marked[m]].mark, seen[m], viewport, marks, room);
    if (mark) marks.push_back(*mark);
  }
  return marks;
}

}  // namespace fleetsne::plot
