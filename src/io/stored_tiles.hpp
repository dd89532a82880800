#pragma once

#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/tile_writer.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include "affinity_tiles.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

/// What an affinity file holds, as it is read.
namespace fleetsne::io::affinity {

using base::GlobalIndex;
using base::LocalIndex;

/// One of the file's datasets, of one or two dimensions.
class Dataset {
 public:
  Dataset(const hdf5::Guard& guard, hid_t file, const std::string& name)
      : guard_(guard), dataset_(hdf5::open_dataset(guard, file, name)) {
    space_ = guard.own(H5Dget_space(dataset_.get()), H5Sclose, problem);
    for (const std::int64_t extent : hdf5::extents(guard, dataset_.get()))
      extents_.push_back(static_cast<hsize_t>(extent));
  }

  /// Rows [first, first + count), as `type` has them in memory, at most transfer_limit() in one call. By this
  /// rank alone.
  void read(std::int64_t first, std::int64_t count, hid_t type, void* out) {
    std::size_t row_bytes = H5Tget_size(type);
    for (std::size_t d = 1; d < extents_.size(); ++d) row_bytes *= extents_[d];
    const auto step = static_cast<std::int64_t>(rows_per_transfer(row_bytes));
    for (std::int64_t at = 0; at < count; at += step)
      read_piece(first + at, std::min(step, count - at), type,
                 static_cast<std::byte*>(out) + static_cast<std::size_t>(at) * row_bytes);
  }

 private:
  void read_piece(std::int64_t first, std::int64_t count, hid_t type, void* out) {
    std::vector<hsize_t> start(extents_.size(), 0), shape = extents_;
    start[0] = static_cast<hsize_t>(first);
    shape[0] = static_cast<hsize_t>(count);
    const auto dimensions = static_cast<int>(shape.size());
    const hdf5::Handle memory =
        guard_.own(H5Screate_simple(dimensions, shape.data(), nullptr), H5Sclose, problem);
    guard_.check(
        H5Sselect_hyperslab(space_.get(), H5S_SELECT_SET, start.data(), nullptr, shape.data(), nullptr),
        problem);
    guard_.check(H5Dread(dataset_.get(), type, memory.get(), space_.get(), H5P_DEFAULT, out), problem);
  }

  static constexpr const char* problem = "cannot be read to its end";
  const hdf5::Guard& guard_;
  hdf5::Handle dataset_, space_;
  std::vector<hsize_t> extents_;
};

/// Some consecutive tiles, whole groups of them, with what the file holds for them.
struct Piece {
  std::span<const TileRecord> tiles;
  std::vector<GlobalIndex> columns;
  std::vector<std::byte> bytes;
  std::vector<GlobalIndex> origins;
  std::vector<float> start;

  std::int64_t first_row() const { return tiles.front().first_row; }
  std::int64_t end_row() const { return tiles.back().first_row + tiles.back().rows; }
  std::span<const GlobalIndex> columns_of(const TileRecord& tile) const {
    return std::span(columns).subspan(static_cast<std::size_t>(tile.columns_at - tiles.front().columns_at),
                                      static_cast<std::size_t>(tile.columns));
  }
  std::span<const std::byte> bytes_of(const TileRecord& tile) const {
    return std::span(bytes).subspan(static_cast<std::size_t>(tile.bytes_at - tiles.front().bytes_at),
                                    static_cast<std::size_t>(tile.bytes));
  }
};

/// Walks along the rows of one stored tile.
class StoredTile {
 public:
  StoredTile(const Piece& piece, const TileRecord& record, const data::Ghosts& ghosts,
             data::ValueCoding coding, const std::string& path)
      : bytes_(piece.bytes_of(record)), coding_(coding), path_(path) {
    for (const GlobalIndex column : piece.columns_of(record)) directory_.push_back(ghosts.column(column));
  }

  /// The next row's edges, appended; returns its scale.
  float next(std::vector<data::Edge>& edges) {
    const data::TileRow row = head();
    if (!makes_sense(row.scale)) damaged(path_);
    data::for_each_slot(row, coding_, [&](std::uint16_t place, float value) {
      if (place >= directory_.size() || !makes_sense(value)) damaged(path_);
      if (value != 0) edges.push_back({directory_[place], value});
    });
    return row.scale;
  }
  void skip() { head(); }

 private:
  /// Not negative, no NaN, and finite however many stand for one column.
  static bool makes_sense(float value) { return value >= 0 && value <= 1e30F; }

  data::TileRow head() {
    std::uint32_t slots = 0;
    if (bytes_.size() - at_ < 8) damaged(path_);
    std::memcpy(&slots, bytes_.data() + at_ + 4, 4);
    const std::size_t size = data::tile_row_bytes(slots, coding_);
    if (bytes_.size() - at_ < size) damaged(path_);
    // A reader only reads; the tile's directory is elsewhere.
    const data::EdgeTile tile{.data = const_cast<std::byte*>(bytes_.data()) + at_};
    at_ += size;
    return data::TileReader(tile, coding_).next();
  }

  std::span<const std::byte> bytes_;
  data::ValueCoding coding_;
  const std::string& path_;
  std::vector<LocalIndex> directory_;
  std::size_t at_ = 0;
};

}  // namespace fleetsne::io::affinity
