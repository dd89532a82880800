#include "fleetsne/optimize/attraction.hpp"

#include "fleetsne/base/sum.hpp"

#include "attraction_kernels.hpp"
#include "attraction_vectors.hpp"
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace fleetsne::optimize {
namespace {

constexpr std::size_t scratch_places = tile_lanes * decoded_steps;

std::size_t most_columns(const data::SparseMatrix& matrix) {
  std::size_t most = 1;
  for (const data::EdgeTile& tile : matrix.tiles) most = std::max<std::size_t>(most, tile.columns);
  return base::padded(most);
}

std::size_t threads() {
  return static_cast<std::size_t>(omp_get_max_threads());
}

/// Asks for the memory some rows further on than these bytes: rows are read in two streams, places and codes,
/// which the CPU by itself follows too late.
void prefetch_beyond(const std::byte* begin, const std::byte* end) {
  constexpr std::ptrdiff_t distance = 2048, line = 64;
  for (; begin < end; begin += line) __builtin_prefetch(begin + distance);
}

void load_directory(std::span<const base::LocalIndex> directory, const float* positions, double* pairs) {
  for (const base::LocalIndex column : directory) {
    std::memcpy(pairs++, positions + 2 * static_cast<std::size_t>(column), sizeof(double));
  }
}

/// c^2 log c for every code c, and 0 for 0.
std::vector<double> entropy_table() {
  std::vector<double> table(65536, 0);
  for (std::size_t c = 1; c < table.size(); ++c) {
    const auto root = static_cast<double>(c);
    table[c] = root * root * std::log(root);
  }
  return table;
}

}  // namespace

Attraction::Attraction(const data::SparseMatrix& affinities, Kernel kernel)
    : affinities_(affinities),
      kernel_(kernel),
      pairs_per_thread_(most_columns(affinities)),
      pairs_(threads() * pairs_per_thread_),
      places_(threads() * scratch_places),
      energies_(affinities.tiles.size()) {}

template <class Visit>
void Attraction::for_each_tile(std::span<const float> positions, Visit&& visit) {
  const auto count = static_cast<std::int64_t>(affinities_.tiles.size());
#pragma omp parallel for schedule(dynamic, 1) num_threads(static_cast <int>(places_.size() / scratch_places))
  for (std::int64_t first = 0; first < count; ++first) {
    if (affinities_.tiles[static_cast<std::size_t>(first)].continued) continue;
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    double* pairs = pairs_.data() + thread * pairs_per_thread_;
    std::int64_t t = first;
    do {
      const data::EdgeTile& tile = affinities_.tiles[static_cast<std::size_t>(t)];
      load_directory(tile.directory(), positions.data(), pairs);
      visit(static_cast<std::size_t>(t), pairs, places_.data() + thread * scratch_places);
      ++t;
    } while (t < count && affinities_.tiles[static_cast<std::size_t>(t)].continued);
  }
}

void Attraction::sum(std::span<const float> positions, std::span<float> forces) {
  const auto sum_tile = [&](auto force_of_row) {
    for_each_tile(positions, [&, force_of_row](std::size_t t, Pairs pairs, std::uint16_t* places) {
      const data::EdgeTile tile = affinities_.tiles[t];
      const data::ValueCoding coding = affinities_.coding;
      const float* at = positions.data() + 2 * static_cast<std::size_t>(tile.first_row);
      float* out = forces.data() + 2 * static_cast<std::size_t>(tile.first_row);
      data::TileReader reader(tile, coding);
      for (std::int32_t r = 0; r < tile.rows; ++r, at += 2, out += 2) {
        const std::byte* begin = reader.at();
        const data::TileRow row = reader.next();
        prefetch_beyond(begin, reader.at());
        const Force force = force_of_row(row, coding, pairs, Force{at[0], at[1]}, places);
        out[0] = tile.continued ? out[0] + force.x : force.x;
        out[1] = tile.continued ? out[1] + force.y : force.y;
      }
    });
  };
  if (kernel_ == Kernel::fastest) {
    sum_tile([](auto... row) { return fast_force(row...); });
  } else {
    sum_tile([](auto... row) { return portable_force(row...); });
  }
}

double Attraction::energy(std::span<const float> positions) {
  const data::ValueCoding coding = affinities_.coding;
  for_each_tile(positions, [&](std::size_t t, Pairs pairs, std::uint16_t* places) {
    const data::EdgeTile& tile = affinities_.tiles[t];
    data::TileReader reader(tile, coding);
    double sum = 0;
    for (base::LocalIndex r = 0; r < tile.rows; ++r) {
      const std::size_t i = 2 * static_cast<std::size_t>(tile.first_row + r);
      sum += row_energy(reader.next(), coding, pairs, {positions[i], positions[i + 1]}, places);
    }
    energies_[t] = sum;
  });
  double sum = 0;
  for (const double of_tile : energies_) sum += of_tile;
  return sum;
}

double negative_entropy(const data::SparseMatrix& affinities) {
  const bool uniform = affinities.coding == data::ValueCoding::uniform;
  const std::vector<double> table = uniform ? std::vector<double>() : entropy_table();
  std::vector<double> sums(affinities.tiles.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t t = 0; t < static_cast<std::int64_t>(sums.size()); ++t) {
    const data::EdgeTile& tile = affinities.tiles[static_cast<std::size_t>(t)];
    data::TileReader reader(tile, affinities.coding);
    double sum = 0;
    for (base::LocalIndex r = 0; r < tile.rows; ++r) {
      const TileRow row = reader.next();
      const auto scale = static_cast<double>(row.scale);
      if (!(scale > 0)) continue;
      double squares = static_cast<double>(row.slots), logs = 0;
      if (!uniform) {
        squares = 0;
        for (std::uint32_t s = 0; s < row.slots; ++s) {
          const auto root = static_cast<double>(row.codes[s]);
          squares += root * root;
          logs += table[row.codes[s]];
        }
      }
      sum += scale * (std::log(scale) * squares + 2 * logs);
    }
    sums[static_cast<std::size_t>(t)] = sum;
  }
  double total = 0;
  for (const double of_tile : sums) total += of_tile;
  return total;
}

}  // namespace fleetsne::optimize
