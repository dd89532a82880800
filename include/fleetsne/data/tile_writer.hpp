#pragma once

#include "fleetsne/base/pages.hpp"
#include "fleetsne/data/edge_tile.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::data {

/// An entry of a row.
struct Edge {
  LocalIndex column;
  float value;
};

/// How large tiles may become.
struct TileShape {
  std::size_t columns = most_tile_columns;       ///< of a directory: a tile is closed before it has more
  std::size_t part_columns = most_tile_columns;  ///< a directory with more is cut into tiles side by side,
  std::size_t part_entries = 256;                ///< as far as a row keeps so many entries in each
};

/// Rows that a tile may hold, and that one thread compresses at a time: more share a directory better.
inline constexpr LocalIndex tile_rows = 256;

/// Tiles of a matrix that attraction is summed over. Positions of so many columns stay in a core's first
/// cache (8 bytes each). Cut rows cost more than that gains unless they are long: at k = 1,500 it saves two
/// fifths, at k = 150 nothing.
inline constexpr TileShape attraction_tiles{
    .columns = most_tile_columns, .part_columns = 4096, .part_entries = 256};

/// Compresses consecutive rows into tiles. For one thread; it is used again and again, since it holds two
/// bits for every column of the matrix.
class TileWriter {
 public:
  /// @param columns  local rows + ghosts of the matrix
  /// @param storage  takes the tiles' data; several writers may share it
  TileWriter(std::size_t columns, ValueCoding coding, base::Arena& storage, TileShape shape = {});

  /// The next rows start at `first_row`; their tiles are appended to `tiles`, which must live until finish().
  void start(LocalIndex first_row, std::vector<EdgeTile>& tiles);
  /// Adds the next row, its entries in any order; what is given several times is added up (two values: the
  /// same sum in either order). Values are not negative. Uniform: they do not matter, the scale is set later.
  void add(std::span<const Edge> edges);
  /// Closes the last tile.
  void finish();

  /// Entries written so far, each once.
  std::int64_t entries() const { return entries_; }
  /// Sum of the values as they are stored, in units of sum_unit: whole numbers, so that sums over writers and
  /// ranks do not depend on the order. Squared values only.
  std::int64_t sum() const { return sum_; }
  static constexpr double sum_unit = 0x1p-32;

 private:
  /// Of a row; the vectors have room for more, so that they need not grow and shrink.
  struct Slots {
    std::vector<std::uint16_t> places;
    std::vector<float> values;
    std::vector<std::uint16_t> codes;
    std::size_t count = 0;
    float scale = 1;
    void make_room(std::size_t most);
  };
  /// A tile that is being written, with the places first .. last of the directory.
  struct Part {
    std::size_t first = 0, last = 0, bytes = 0;
    std::vector<std::byte> data;
    void make_room(std::size_t most);
  };
  bool mark(std::span<const Edge> edges);
  void append(std::span<const Edge> edges, float largest);
  void add_in_parts(std::span<const Edge> edges);
  void close(bool continued);
  void list_columns();
  std::size_t parts() const;
  void open_parts();
  void merge(std::span<const Edge> edges, float largest);
  void encode(float largest);
  void count_sum();
  void split_row();
  void lay_out(std::size_t first, std::size_t last, std::size_t origin, std::size_t columns);
  std::size_t write_slots(std::byte* to) const;
  std::uint16_t place(LocalIndex column) const;
  std::uint64_t& word(LocalIndex column) { return marked_[static_cast<std::size_t>(column) / 64]; }

  ValueCoding coding_;
  base::Arena& storage_;
  TileShape shape_;
  std::vector<EdgeTile>* tiles_ = nullptr;
  LocalIndex next_row_ = 0;
  std::int64_t entries_ = 0, sum_ = 0;
  std::uint64_t squares_ = 0;  // of codes, of the row at hand
  bool in_parts_ = false;      // it is longer than a directory

  // The open tile.
  std::vector<Edge> edges_;
  std::vector<std::size_t> row_ends_;  // in edges_
  std::vector<float> largest_;         // of every row: no value of the whole of it is larger, if not 0
  std::size_t marked_count_ = 0;
  std::vector<std::uint64_t> marked_;        // a bit for every column: in the directory
  std::vector<std::uint64_t> marked_words_;  // a bit for every word of marked_: not zero
  std::vector<LocalIndex> fresh_;            // columns that the row being added brought

  // Made when it is closed.
  std::vector<LocalIndex> directory_;
  std::vector<std::uint32_t> before_;     // for every word of marked_: columns of the directory before it
  std::vector<float> sums_;               // for every place: 0, or of the row at hand
  std::vector<std::uint64_t> row_marks_;  // for every place: in the row at hand
  Slots row_, slots_;                     // entries of the row at hand; a part of them with bridges
  std::vector<Part> parts_;
  std::size_t part_count_ = 0;
};

}  // namespace fleetsne::data
