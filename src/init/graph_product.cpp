#include "graph_product.hpp"

#include "fleetsne/base/lanes.hpp"

#include <algorithm>

namespace fleetsne::init {
namespace {

using Block = base::Lanes<float, block_width>;

Block block_at(std::span<const float> values, base::LocalIndex row) {
  return Block::load(values.data() + block_width * static_cast<std::size_t>(row));
}

}  // namespace

TiledProduct::TiledProduct(const data::SparseMatrix& weights) : ProductOf(weights) {
  for (std::size_t t = 0; t < weights.tiles.size(); ++t) {
    if (!weights.tiles[t].continued) firsts_.push_back(t);
  }
  firsts_.push_back(weights.tiles.size());
}

void TiledProduct::for_each_edge(const std::function<void(base::LocalIndex, base::LocalIndex)>& visit) const {
  weights_.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float) { visit(row, column); });
}

void TiledProduct::multiply(std::span<const float> x, std::span<float> y) const {
  std::ranges::fill(y, 0.F);
  const auto groups = static_cast<std::int64_t>(firsts_.size()) - 1;
#pragma omp parallel for schedule(dynamic, 1)
  for (std::int64_t g = 0; g < groups; ++g) {
    const auto at = static_cast<std::size_t>(g);
    for (std::size_t t = firsts_[at]; t < firsts_[at + 1]; ++t) {
      const data::EdgeTile& tile = weights_.tiles[t];
      data::TileReader reader(tile, weights_.coding);
      for (base::LocalIndex r = 0; r < tile.rows; ++r) {
        float* const to = y.data() + block_width * static_cast<std::size_t>(tile.first_row + r);
        Block sum = Block::load(to);
        data::for_each_slot(reader.next(), weights_.coding, [&](std::uint16_t place, float value) {
          sum += block_at(x, tile.directory()[place]) * value;
        });
        sum.store(to);
      }
    }
  }
}

void PlainProduct::for_each_edge(const std::function<void(base::LocalIndex, base::LocalIndex)>& visit) const {
  for (std::size_t i = 0; i < local_rows(); ++i) {
    for (const base::LocalIndex column : weights_.row_columns(i))
      visit(static_cast<base::LocalIndex>(i), column);
  }
}

void PlainProduct::multiply(std::span<const float> x, std::span<float> y) const {
  const auto count = static_cast<std::int64_t>(local_rows());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const auto columns = weights_.row_columns(row);
    const auto weights = weights_.row_weights(row);
    Block sum{};
    for (std::size_t e = 0; e < columns.size(); ++e) sum += block_at(x, columns[e]) * weights[e];
    sum.store(y.data() + block_width * row);
  }
}

}  // namespace fleetsne::init
