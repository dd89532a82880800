#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/per_thread.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/tile_writer.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/hdf5.hpp"

#include "stored_tiles.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace fleetsne::io {
namespace {

using affinity::damaged;
using affinity::Dataset;
using affinity::Piece;
using affinity::StoredTile;
using affinity::TileRecord;
using base::GlobalIndex;
using base::LocalIndex;

constexpr std::int64_t pass_bytes = std::int64_t{32} << 20;  // of tiles that are taken apart at a time

/// The file, open on all ranks. Making one is collective.
struct OpenFile {
  OpenFile(const comm::Communicator& comm, const hdf5::Guard& guard)
      : file(comm::agree(comm, [&] { return hdf5::open_file_together(comm, guard); })),
        tiles(guard, file.get(), "tiles"),
        columns(guard, file.get(), "columns"),
        bytes(guard, file.get(), "bytes"),
        origins(guard, file.get(), "origins"),
        start(guard, file.get(), "start") {}
  hdf5::Handle file;
  Dataset tiles, columns, bytes, origins, start;
};

/// The table of all tiles, on every rank: 64 bytes for some 256 rows.
std::vector<TileRecord> read_table(const comm::Communicator& comm, const AffinityHeader& header,
                                   OpenFile& file) {
  std::vector<TileRecord> table(static_cast<std::size_t>(header.tiles));
  comm::on_root(comm, [&] {
    file.tiles.read(0, header.tiles, H5T_NATIVE_INT64, table.data());
    if (affinity::digest(table, 0) != header.tiles_digest) damaged(header.path);
    // What a checksum vouches for was written as it stands, but not that it makes sense.
    std::int64_t row = 0, group = 0, columns = 0, bytes = 0;
    for (const TileRecord& tile : table) {
      if (tile.continued == 0) {
        group = row;
        row += tile.rows;
      }
      const bool whole = tile.rows >= 1 && tile.rows <= header.rows() && tile.first_row == group &&
                         group + tile.rows == row && tile.columns >= 0 &&
                         tile.columns <= static_cast<std::int64_t>(data::most_tile_columns) &&
                         tile.columns_at == columns && tile.bytes >= 0 && tile.bytes_at == bytes;
      if (!whole) damaged(header.path);
      columns += tile.columns;
      bytes += tile.bytes;
      if (columns > header.columns || bytes > header.bytes || row > header.rows()) damaged(header.path);
    }
    if (row != header.rows() || columns != header.columns || bytes != header.bytes) damaged(header.path);
  });
  comm.broadcast(std::span(table), 0);
  return table;
}

class Reader {
 public:
  Reader(const comm::Communicator& comm, const AffinityHeader& header, base::Log& log)
      : comm_(comm),
        header_(header),
        log_(log),
        guard_(base::ErrorKind::input, header.path),
        file_(comm, guard_) {
    table_ = read_table(comm, header, file_);
    auto& matrix = result_.affinities;
    matrix.rows = header.written.ranks() == comm.size()
                      ? header.written
                      : data::RowDistribution::balanced(header.rows(), comm.size());
    begin_ = matrix.rows.begin(comm.rank());
    end_ = matrix.rows.end(comm.rank());
    matrix.row_count = static_cast<LocalIndex>(end_ - begin_);
    matrix.coding = header.coding;
  }

  AffinityContents read() {
    comm::agree(comm_, [&] { find_ghosts(); });
    log_.begin_phase("read affinities", result_.affinities.row_count);
    comm::agree(comm_, [&] { take_tiles(); });
    log_.end_phase();
    if (comm_.all_reduce(result_.affinities.entries, comm::Reduction::sum) != header_.entries) {
      comm::agree(comm_, [&] { damaged(header_.path); });
    }
    return std::move(result_);
  }

  void verify() {
    const auto shares =
        data::RowDistribution::balanced(static_cast<GlobalIndex>(table_.size()), comm_.size());
    // Groups of tiles belong to the rank in whose share their first tile is.
    const auto first_from = [&](GlobalIndex tile) {
      auto at = static_cast<std::size_t>(tile);
      while (at < table_.size() && table_[at].continued != 0) ++at;
      return at;
    };
    const std::size_t last = first_from(shares.end(comm_.rank()));
    comm::agree(comm_, [&] {
      for (std::size_t at = first_from(shares.begin(comm_.rank())); at < last;) {
        const std::size_t next = piece_end(at, last);
        const Piece piece = read_piece(at, next);
        base::parallel_for(static_cast<std::int64_t>(piece.tiles.size()), [&](std::int64_t t) {
          expect_checksum(piece, piece.tiles[static_cast<std::size_t>(t)]);
        });
        at = next;
      }
    });
  }

 private:
  /// Number of the first tile of the group that holds a row.
  std::size_t group_of(std::int64_t row) const {
    const auto after = std::ranges::upper_bound(table_, row, {}, &TileRecord::first_row);
    auto at = static_cast<std::size_t>(after - table_.begin()) - 1;
    while (table_[at].continued != 0) --at;
    return at;
  }
  std::size_t group_end(std::size_t at) const {
    for (++at; at < table_.size() && table_[at].continued != 0;) ++at;
    return at;
  }

  /// Where a piece ends that begins at a group of tiles.
  std::size_t piece_end(std::size_t at, std::size_t last) const {
    std::size_t next = at;
    while (next < last && (next == at || table_[next].bytes_at - table_[at].bytes_at < pass_bytes))
      next = group_end(next);
    return next;
  }

  /// The column indices of tiles [first, last).
  std::vector<GlobalIndex> read_columns(std::size_t first, std::size_t last) {
    const std::int64_t from = table_[first].columns_at;
    const std::int64_t count = table_[last - 1].columns_at + table_[last - 1].columns - from;
    std::vector<GlobalIndex> columns(static_cast<std::size_t>(count));
    file_.columns.read(from, count, H5T_NATIVE_INT64, columns.data());
    return columns;
  }

  void find_ghosts() {
    auto& matrix = result_.affinities;
    std::vector<GlobalIndex> referenced;
    if (matrix.row_count > 0) {
      const std::size_t last = group_end(group_of(end_ - 1));
      for (std::size_t at = group_of(begin_); at < last;) {
        std::size_t next = at;
        while (next < last &&
               (next == at || table_[next].columns_at - table_[at].columns_at < pass_bytes / 8))
          next = group_end(next);
        std::vector<GlobalIndex> columns = read_columns(at, next);
        std::erase_if(columns, [&](GlobalIndex column) { return column >= begin_ && column < end_; });
        for (const GlobalIndex column : columns)
          if (column < 0 || column >= header_.rows()) damaged(header_.path);
        referenced.insert(referenced.end(), columns.begin(), columns.end());
        std::ranges::sort(referenced);
        referenced.erase(std::unique(referenced.begin(), referenced.end()), referenced.end());
        at = next;
      }
    }
    matrix.ghosts = data::Ghosts(matrix.rows, comm_.rank(), std::move(referenced));
    if (static_cast<std::int64_t>(matrix.ghosts.count()) + matrix.row_count > base::most_columns)
      throw base::InputError(fmt::format(
          "{} does not fit {} rank{} (one would have more than {} points and ghosts). Start more ranks",
          header_.path, comm_.size(), comm_.size() == 1 ? "" : "s", base::most_columns));
  }

  Piece read_piece(std::size_t first, std::size_t last) {
    Piece piece;
    piece.tiles = std::span(table_).subspan(first, last - first);
    piece.columns = read_columns(first, last);
    const TileRecord &front = piece.tiles.front(), &back = piece.tiles.back();
    const std::int64_t bytes = back.bytes_at + back.bytes - front.bytes_at,
                       rows = piece.end_row() - piece.first_row();
    piece.bytes.resize(static_cast<std::size_t>(bytes));
    piece.origins.resize(static_cast<std::size_t>(rows));
    piece.start.resize(static_cast<std::size_t>(2 * rows));
    file_.bytes.read(front.bytes_at, bytes, H5T_NATIVE_UINT8, piece.bytes.data());
    file_.origins.read(piece.first_row(), rows, H5T_NATIVE_INT64, piece.origins.data());
    file_.start.read(piece.first_row(), rows, H5T_NATIVE_FLOAT, piece.start.data());
    return piece;
  }

  /// The tile's checksum is over the columns as they are stored.
  std::int64_t checksum_of(const Piece& piece, const TileRecord& tile) const {
    std::vector<std::uint32_t> narrow;
    const auto columns = piece.columns_of(tile);
    std::vector<std::span<const std::byte>> parts{std::as_bytes(columns), piece.bytes_of(tile)};
    if (affinity::column_bytes(header_.rows()) == sizeof(std::uint32_t)) {
      narrow.assign(columns.begin(), columns.end());
      parts[0] = std::as_bytes(std::span(narrow));
    }
    if (tile.continued == 0) {
      const auto first = static_cast<std::size_t>(tile.first_row - piece.first_row());
      const auto rows = static_cast<std::size_t>(tile.rows);
      parts.push_back(std::as_bytes(std::span(piece.origins).subspan(first, rows)));
      parts.push_back(std::as_bytes(std::span(piece.start).subspan(2 * first, 2 * rows)));
    }
    return affinity::checksum(parts);
  }
  void expect_checksum(const Piece& piece, const TileRecord& tile) const {
    if (checksum_of(piece, tile) != tile.checksum) damaged(header_.path);
  }

  void take_tiles();
  void take_piece(const Piece& piece);
  void take_group(const Piece& piece, std::size_t first, std::size_t last);
  void write_blocks(base::PerThread<data::TileWriter>& writers, bool last);

  const comm::Communicator& comm_;
  const AffinityHeader& header_;
  base::Log& log_;
  hdf5::Guard guard_;
  OpenFile file_;
  std::vector<TileRecord> table_;
  GlobalIndex begin_ = 0, end_ = 0;  // this rank's rows
  AffinityContents result_;
  std::vector<float> scales_;                        // of this rank's rows, as they were stored
  std::vector<std::vector<data::Edge>> edges_;       // of this rank's rows, while they wait to be written
  LocalIndex ready_ = 0, written_ = 0;               // rows whose edges are there; that are in tiles
  std::vector<std::vector<data::EdgeTile>> blocks_;  // the tiles of every data::tile_rows rows
};

/// The edges of one group of tiles, those side by side, for those of its rows that are this rank's.
void Reader::take_group(const Piece& piece, std::size_t first, std::size_t last) {
  std::vector<StoredTile> parts;
  for (std::size_t t = first; t < last; ++t) {
    expect_checksum(piece, piece.tiles[t]);
    parts.emplace_back(piece, piece.tiles[t], result_.affinities.ghosts, header_.coding, header_.path);
  }
  const TileRecord& group = piece.tiles[first];
  for (std::int64_t row = group.first_row; row < group.first_row + group.rows; ++row) {
    if (row < begin_ || row >= end_) {
      for (StoredTile& part : parts) part.skip();
      continue;
    }
    const auto in = static_cast<std::size_t>(row - piece.first_row()),
               out = static_cast<std::size_t>(row - begin_);
    for (StoredTile& part : parts) scales_[out] = part.next(edges_[out]);
    if (piece.origins[in] < 0 || piece.origins[in] >= header_.rows()) damaged(header_.path);
    result_.permutation.origins[out] = piece.origins[in];
    result_.start(out, 0) = piece.start[2 * in];
    result_.start(out, 1) = piece.start[2 * in + 1];
  }
}

void Reader::take_piece(const Piece& piece) {
  std::vector<std::size_t> groups;
  for (std::size_t t = 0; t < piece.tiles.size(); ++t)
    if (piece.tiles[t].continued == 0) groups.push_back(t);
  groups.push_back(piece.tiles.size());
  base::parallel_for(static_cast<std::int64_t>(groups.size()) - 1, [&](std::int64_t g) {
    const auto at = static_cast<std::size_t>(g);
    take_group(piece, groups[at], groups[at + 1]);
  });
  ready_ = static_cast<LocalIndex>(std::min(end_, piece.end_row()) - begin_);
}

/// The rows that are ready, in whole blocks, or all of them.
void Reader::write_blocks(base::PerThread<data::TileWriter>& writers, bool last) {
  const auto first = written_ / data::tile_rows;
  const auto end = last ? static_cast<LocalIndex>(blocks_.size()) : ready_ / data::tile_rows;
  base::parallel_for(end - first, [&](std::int64_t b) {
    const LocalIndex block = first + static_cast<LocalIndex>(b), begin = block * data::tile_rows;
    auto& tiles = blocks_[static_cast<std::size_t>(block)];
    data::TileWriter& writer = writers.mine();
    writer.start(begin, tiles);
    for (LocalIndex row = begin; row < std::min(begin + data::tile_rows, ready_); ++row) {
      auto& edges = edges_[static_cast<std::size_t>(row)];
      writer.add(edges);
      std::vector<data::Edge>().swap(edges);
    }
    writer.finish();
    // Codes come out as they went in; the scale, which is a quotient, is put back to the bit.
    for (data::EdgeTile& tile : tiles) {
      data::TileReader reader(tile, header_.coding);
      for (LocalIndex r = 0; r < tile.rows; ++r) {
        const auto offset = static_cast<std::size_t>(reader.at() - tile.data);
        reader.next();
        std::memcpy(tile.data + offset,
                    &scales_[static_cast<std::size_t>(tile.first_row) + static_cast<std::size_t>(r)],
                    sizeof(float));
      }
    }
  });
  written_ = end * data::tile_rows;
}

void Reader::take_tiles() {
  auto& matrix = result_.affinities;
  const auto rows = matrix.local_rows();
  result_.permutation = {data::RowDistribution::balanced(header_.rows(), comm_.size()), matrix.rows, {}};
  result_.permutation.origins.resize(rows);
  result_.start = base::Matrix<float>(rows, 2);
  scales_.resize(rows);
  edges_.resize(rows);
  blocks_.resize((rows + data::tile_rows - 1) / data::tile_rows);
  base::PerThread<data::TileWriter> writers([&] {
    return std::make_unique<data::TileWriter>(rows + matrix.ghosts.count(), matrix.coding, matrix.storage,
                                              data::attraction_tiles);
  });
  if (rows > 0) {
    const std::size_t last = group_end(group_of(end_ - 1));
    for (std::size_t at = group_of(begin_); at < last;) {
      const std::size_t next = piece_end(at, last);
      take_piece(read_piece(at, next));
      write_blocks(writers, next == last);
      log_.advance(ready_);
      at = next;
    }
  }
  for (const auto& block : blocks_) matrix.tiles.insert(matrix.tiles.end(), block.begin(), block.end());
  writers.for_each([&](const data::TileWriter& writer) { matrix.entries += writer.entries(); });
}

}  // namespace

AffinityContents read_affinities(const comm::Communicator& comm, const AffinityHeader& header,
                                 base::Log& log) {
  return Reader(comm, header, log).read();
}

void verify_affinities(const comm::Communicator& comm, const AffinityHeader& header) {
  base::Log silent;
  Reader(comm, header, silent).verify();
}

}  // namespace fleetsne::io
