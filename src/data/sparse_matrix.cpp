#include "fleetsne/data/sparse_matrix.hpp"

#include "fleetsne/base/parallel.hpp"

#include <cstring>

namespace fleetsne::data {

void SparseMatrix::scale(double factor) {
  base::parallel_for(static_cast<std::int64_t>(tiles.size()), [&](std::int64_t t) {
    const EdgeTile& tile = tiles[static_cast<std::size_t>(t)];
    std::byte* at = tile.data + tile.directory().size_bytes();
    for (LocalIndex r = 0; r < tile.rows; ++r) {
      float value;
      std::uint32_t slots;
      std::memcpy(&value, at, 4);
      std::memcpy(&slots, at + 4, 4);
      value = static_cast<float>(static_cast<double>(value) * factor);
      std::memcpy(at, &value, 4);
      at += tile_row_bytes(slots, coding);
    }
  });
}

}  // namespace fleetsne::data
