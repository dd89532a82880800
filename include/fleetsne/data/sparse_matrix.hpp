#pragma once

#include "fleetsne/base/pages.hpp"
#include "fleetsne/data/edge_tile.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::data {

/// Square sparse matrix, distributed by rows, in compressed tiles of rows (see EdgeTile). Made by TileWriter.
struct SparseMatrix {
  RowDistribution rows;
  Ghosts ghosts;
  LocalIndex row_count = 0;  ///< local rows
  ValueCoding coding = ValueCoding::squared16;
  std::int64_t entries = 0;     ///< local ones
  std::vector<EdgeTile> tiles;  ///< by ascending row, all local rows once; directories as `ghosts` numbers
  base::Arena storage;          ///< holds the tiles' data

  std::size_t local_rows() const { return static_cast<std::size_t>(row_count); }
  /// Bits that a value takes.
  int value_bits() const { return coding == ValueCoding::uniform ? 0 : 16; }
  /// Bytes that it takes on this rank.
  std::size_t bytes() const {
    return storage.bytes() + tiles.size() * sizeof(EdgeTile) + ghosts.ids().size_bytes();
  }

  /// Multiplies every value.
  void scale(double factor);

  /// Calls visit(row, column, value) for the entries of every row, rows ascending; of one row in no order
  /// that means anything. For what is not done often.
  template <class Visit>
  void for_each_entry(Visit&& visit) const {
    for (const EdgeTile& tile : tiles) {
      TileReader reader(tile, coding);
      for (LocalIndex r = 0; r < tile.rows; ++r) {
        for_each_slot(reader.next(), coding, [&](std::uint16_t place, float value) {
          if (value != 0) visit(tile.first_row + r, tile.directory()[place], value);
        });
      }
    }
  }
};

}  // namespace fleetsne::data
