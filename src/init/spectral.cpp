#include "fleetsne/init/spectral.hpp"

#include "fleetsne/base/random.hpp"

#include "subspace.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fleetsne::init {
namespace {

constexpr std::size_t most_solved = 64;
constexpr std::int64_t least_points = 32;
constexpr int degree = 15;

/// Two columns from the fallback, the others random by row number; both times D^1/2 would start nearer still,
/// but the first filter sees to that.
base::AlignedVector<float> start_vectors(const GraphProduct& graph, base::GlobalIndex begin,
                                         base::MatrixView<const float> fallback, std::uint64_t seed) {
  const base::Random random(seed, base::Stream::spectral);
  base::AlignedVector<float> start(graph.local_rows() * block_width);
  for (std::size_t i = 0; i < graph.local_rows(); ++i) {
    for (std::uint32_t draw = 0; draw < 2; ++draw) {
      const auto normals = random.four_normals(begin + static_cast<base::GlobalIndex>(i), draw);
      std::ranges::copy(normals, start.begin() + static_cast<std::ptrdiff_t>(i * block_width + 4 * draw));
    }
    start[i * block_width] = fallback(i, 0);
    start[i * block_width + 1] = fallback(i, 1);
  }
  return start;
}

/// Mean and root mean square distance from it.
struct Place {
  double x = 0, y = 0, radius = 0;
};

/// Of each component in the fallback. Collective.
std::vector<Place> places(const comm::Communicator& comm, const Components& components,
                          base::MatrixView<const float> fallback) {
  std::vector<double> sums(3 * components.sizes.size(), 0.0);
  std::vector<Place> result(components.sizes.size());
  const auto each = [&](auto&& visit) {
    for (std::size_t i = 0; i < fallback.rows(); ++i) {
      if (components.of_row[i] >= 0)
        visit(static_cast<std::size_t>(components.of_row[i]), static_cast<double>(fallback(i, 0)),
              static_cast<double>(fallback(i, 1)));
    }
  };
  each([&](std::size_t c, double x, double y) {
    sums[3 * c] += x;
    sums[3 * c + 1] += y;
  });
  comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  for (std::size_t c = 0; c < result.size(); ++c) {
    const auto points = static_cast<double>(components.sizes[c]);
    result[c] = {sums[3 * c] / points, sums[3 * c + 1] / points, 0};
    sums[3 * c + 2] = 0;
  }
  each([&](std::size_t c, double x, double y) {
    sums[3 * c + 2] += (x - result[c].x) * (x - result[c].x) + (y - result[c].y) * (y - result[c].y);
  });
  for (std::size_t c = 0; c < result.size(); ++c) {
    const double squared = comm.all_reduce(sums[3 * c + 2], comm::Reduction::sum);
    result[c].radius = std::sqrt(squared / static_cast<double>(components.sizes[c]));
  }
  return result;
}

/// An entry of an eigenvector, and where it stands.
struct Entry {
  float value;
  base::GlobalIndex row;
};

/// For each component and axis 1 or -1, such that the entry of largest magnitude is positive; of equal ones
/// that of the smallest row. Collective.
std::vector<float> signs(const comm::Communicator& comm, const Components& components,
                         base::GlobalIndex begin, std::span<const float> vectors) {
  std::vector<Entry> largest(2 * components.sizes.size(), {0, -1});
  const auto larger = [](const Entry& a, const Entry& b) {
    return std::fabs(a.value) != std::fabs(b.value) ? std::fabs(a.value) > std::fabs(b.value) : a.row < b.row;
  };
  for (std::size_t i = 0; i < components.of_row.size(); ++i) {
    if (components.of_row[i] < 0) continue;
    for (std::size_t d = 0; d < 2; ++d) {
      const Entry entry{vectors[i * block_width + d], begin + static_cast<base::GlobalIndex>(i)};
      Entry& best = largest[2 * static_cast<std::size_t>(components.of_row[i]) + d];
      if (best.row < 0 || larger(entry, best)) best = entry;
    }
  }
  const auto all = comm.all_gather(std::span<const Entry>(largest)).values;
  std::vector<float> result;
  for (std::size_t at = 0; at < largest.size(); ++at) {
    Entry best{0, -1};
    for (std::size_t r = 0; r < static_cast<std::size_t>(comm.size()); ++r) {
      const Entry& entry = all[r * largest.size() + at];
      if (entry.row >= 0 && (best.row < 0 || larger(entry, best))) best = entry;
    }
    result.push_back(best.value < 0 ? -1.F : 1.F);
  }
  return result;
}

/// Fallback positions, those of solved components by their eigenvectors. Collective.
base::Matrix<float> positions(const comm::Communicator& comm, const Components& components,
                              base::GlobalIndex begin, base::MatrixView<const float> fallback,
                              std::span<const float> vectors) {
  const auto place = places(comm, components, fallback);
  const auto sign = signs(comm, components, begin, vectors);
  base::Matrix<float> result(fallback.rows(), 2);
  for (std::size_t i = 0; i < fallback.rows(); ++i) {
    std::ranges::copy(fallback.row(i), result.row(i).begin());
    if (components.of_row[i] < 0) continue;
    const auto c = static_cast<std::size_t>(components.of_row[i]);
    // Two vectors of length 1: the mean of their squares is 2 / points.
    const double radius = place[c].radius > 0 ? place[c].radius : 1;
    const double scale = radius * std::sqrt(static_cast<double>(components.sizes[c]) / 2);
    for (std::size_t d = 0; d < 2; ++d) {
      const double middle = d == 0 ? place[c].x : place[c].y;
      result(i, d) = static_cast<float>(
          middle + scale * static_cast<double>(sign[2 * c + d] * vectors[i * block_width + d]));
    }
  }
  return result;
}

void tell(const SpectralStats& stats, base::Log& log) {
  log.info(
      fmt::format("spectral start: {} component{} of the graph, {} by eigenvectors ({} points), {} products, "
                  "residual {:.1e}",
                  stats.components, stats.components == 1 ? "" : "s", stats.solved, stats.solved_points,
                  stats.products, stats.residual));
  if (stats.solved < stats.components)
    log.info(
        fmt::format("spectral start: the {} smaller component{} stay{} where the fallback start has them",
                    stats.components - stats.solved, stats.components - stats.solved == 1 ? "" : "s",
                    stats.components - stats.solved == 1 ? "s" : ""));
}

SpectralStart start_on(const comm::Communicator& comm, const GraphProduct& graph,
                       base::MatrixView<const float> fallback, const SpectralConfig& config, base::Log& log) {
  FLEETSNE_EXPECT(fallback.rows() == graph.local_rows() && fallback.columns() == 2);
  const base::GlobalIndex begin = graph.rows().begin(comm.rank());
  const Components components = find_components(comm, graph, most_solved, least_points);
  SpectralStart result;
  SpectralStats& stats = result.stats;
  stats.components = components.count;
  stats.solved = static_cast<std::int64_t>(components.sizes.size());
  for (const std::int64_t size : components.sizes) stats.solved_points += size;
  if (components.sizes.empty()) {
    result.positions = base::Matrix<float>(fallback.rows(), 2);
    for (std::size_t i = 0; i < fallback.rows(); ++i)
      std::ranges::copy(fallback.row(i), result.positions.row(i).begin());
    tell(stats, log);
    return result;
  }
  stats.largest = components.sizes[0];
  log.begin_phase("eigenvectors", config.most_products);
  Subspace subspace(comm, graph, components, start_vectors(graph, begin, fallback, config.seed));
  subspace.rotate();
  while ((stats.residual = subspace.residual()) > config.tolerance &&
         subspace.products() + degree <= config.most_products) {
    subspace.filter(degree);
    subspace.rotate();
    log.advance(subspace.products());
  }
  log.end_phase();
  stats.products = subspace.products();
  stats.eigenvalues = {1 - subspace.values(0)[0], 1 - subspace.values(0)[1]};
  result.positions = positions(comm, components, begin, fallback, subspace.vectors());
  tell(stats, log);
  return result;
}

}  // namespace

SpectralStart spectral_start(const comm::Communicator& comm, const data::SparseMatrix& weights,
                             base::MatrixView<const float> fallback, const SpectralConfig& config,
                             base::Log& log) {
  return start_on(comm, TiledProduct(weights), fallback, config, log);
}

SpectralStart spectral_start(const comm::Communicator& comm, const data::WeightedGraph& weights,
                             base::MatrixView<const float> fallback, const SpectralConfig& config,
                             base::Log& log) {
  return start_on(comm, PlainProduct(weights), fallback, config, log);
}

}  // namespace fleetsne::init
