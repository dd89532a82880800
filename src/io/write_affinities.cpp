#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/shared_file.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include "affinity_tiles.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace fleetsne::io {
namespace {

using affinity::TileRecord;

constexpr std::int64_t affinity_structure_bytes = 64 * 1024;  // of HDF5's own, at most

/// Where the datasets begin: bytes from the file's beginning.
struct AffinityPlaces {
  std::int64_t tiles = 0, columns = 0, bytes = 0, origins = 0, start = 0;
};

/// Tiles, columns and bytes of a rank, or of all before it.
struct Extents {
  std::int64_t tiles = 0, columns = 0, bytes = 0;
  Extents& operator+=(const Extents& more) {
    tiles += more.tiles;
    columns += more.columns;
    bytes += more.bytes;
    return *this;
  }
};

std::int64_t row_bytes(const data::EdgeTile& tile) {
  return static_cast<std::int64_t>(tile.bytes) -
         static_cast<std::int64_t>(tile.columns * sizeof(base::LocalIndex));
}

/// Bytes that are written one after the other, in calls of at most transfer_limit().
class Stream {
 public:
  Stream(SharedFile& file, std::int64_t offset) : file_(file), offset_(offset) {}
  void append(std::span<const std::byte> bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() >= transfer_limit()) flush();
  }
  void flush() {
    for (std::size_t at = 0; at < buffer_.size(); at += transfer_limit()) {
      const std::size_t now = std::min(transfer_limit(), buffer_.size() - at);
      file_.write_at(offset_ + static_cast<std::int64_t>(at), std::span(buffer_).subspan(at, now));
    }
    offset_ += static_cast<std::int64_t>(buffer_.size());
    buffer_.clear();
  }

 private:
  SharedFile& file_;
  std::int64_t offset_;
  std::vector<std::byte> buffer_;
};

/// This rank's part of the file.
class Part {
 public:
  Part(const comm::Communicator& comm, const AffinityParts& contents)
      : contents_(contents),
        matrix_(contents.affinities),
        begin_(matrix_.rows.begin(comm.rank())),
        column_bytes_(affinity::column_bytes(matrix_.rows.total())) {
    FLEETSNE_EXPECT(contents.permutation.working == matrix_.rows);
    FLEETSNE_EXPECT(contents.start.rows() == matrix_.local_rows() && contents.start.columns() == 2 &&
                    contents.start.stride() == 2);
    for (const data::EdgeTile& tile : matrix_.tiles) extents_ += {1, tile.columns, row_bytes(tile)};
  }
  const Extents& extents() const { return extents_; }

  /// The records of its tiles, with their checksums. @param before  of the ranks before this
  const std::vector<TileRecord>& describe(Extents before) {
    records_.resize(matrix_.tiles.size());
    first_ = before;
    for (std::size_t t = 0; t < records_.size(); ++t) {
      const data::EdgeTile& tile = matrix_.tiles[t];
      records_[t] = {begin_ + tile.first_row,
                     tile.rows,
                     tile.continued ? 1 : 0,
                     before.columns,
                     tile.columns,
                     before.bytes,
                     row_bytes(tile),
                     0};
      before += {1, tile.columns, row_bytes(tile)};
    }
    base::parallel_for(static_cast<std::int64_t>(records_.size()), [&](std::int64_t i) {
      const auto t = static_cast<std::size_t>(i);
      const data::EdgeTile& tile = matrix_.tiles[t];
      std::vector<std::byte> columns;
      stored_columns(tile, columns);
      std::vector<std::span<const std::byte>> parts{columns, rows_of(tile)};
      if (!tile.continued) {
        const auto first = static_cast<std::size_t>(tile.first_row),
                   count = static_cast<std::size_t>(tile.rows);
        parts.push_back(std::as_bytes(std::span(contents_.permutation.origins).subspan(first, count)));
        parts.push_back(std::as_bytes(contents_.start.elements().subspan(2 * first, 2 * count)));
      }
      records_[t].checksum = affinity::checksum(parts);
    });
    return records_;
  }

  void write(SharedFile& file, const AffinityPlaces& places) const {
    Stream table(file, places.tiles + first_.tiles * static_cast<std::int64_t>(sizeof(TileRecord)));
    table.append(std::as_bytes(std::span(records_)));
    table.flush();
    Stream columns(file, places.columns + first_.columns * static_cast<std::int64_t>(column_bytes_));
    Stream bytes(file, places.bytes + first_.bytes);
    std::vector<std::byte> stored;
    for (const data::EdgeTile& tile : matrix_.tiles) {
      stored_columns(tile, stored);
      columns.append(stored);
      bytes.append(rows_of(tile));
    }
    columns.flush();
    bytes.flush();
    Stream origins(file, places.origins + begin_ * static_cast<std::int64_t>(sizeof(base::GlobalIndex)));
    origins.append(std::as_bytes(std::span(contents_.permutation.origins)));
    origins.flush();
    Stream start(file, places.start + begin_ * static_cast<std::int64_t>(2 * sizeof(float)));
    start.append(std::as_bytes(contents_.start.elements()));
    start.flush();
  }

 private:
  std::span<const std::byte> rows_of(const data::EdgeTile& tile) const {
    return std::span(tile.data, tile.bytes).subspan(tile.columns * sizeof(base::LocalIndex));
  }
  template <class Index>
  void store(const data::EdgeTile& tile, std::vector<std::byte>& out) const {
    std::vector<Index> rows;
    rows.reserve(tile.columns);
    for (const base::LocalIndex column : tile.directory())
      rows.push_back(
          static_cast<Index>(column < matrix_.row_count ? begin_ + column : matrix_.ghosts.row(column)));
    const auto bytes = std::as_bytes(std::span(rows));
    out.assign(bytes.begin(), bytes.end());
  }
  void stored_columns(const data::EdgeTile& tile, std::vector<std::byte>& out) const {
    if (column_bytes_ == sizeof(std::uint32_t)) return store<std::uint32_t>(tile, out);
    store<std::uint64_t>(tile, out);
  }

  const AffinityParts contents_;
  const data::SparseMatrix& matrix_;
  base::GlobalIndex begin_;
  std::size_t column_bytes_;
  Extents extents_, first_;
  std::vector<TileRecord> records_;
};

/// Makes the whole file but for the numbers of the ranks. On rank 0.
AffinityPlaces write_structure(const hdf5::Guard& guard, const std::string& path,
                               const AffinityHeader& header) {
  hdf5::Handle file = hdf5::create_file(guard, path, true);
  const auto count = [](std::int64_t n) { return static_cast<hsize_t>(n); };
  const hsize_t rows = count(header.rows());
  const bool narrow = affinity::column_bytes(header.rows()) == sizeof(std::uint32_t);
  AffinityPlaces places;
  places.tiles =
      hdf5::lay_out(guard, file.get(), "tiles", H5T_STD_I64LE, {count(header.tiles), affinity::record_fields})
          .offset;
  places.columns = hdf5::lay_out(guard, file.get(), "columns", narrow ? H5T_STD_U32LE : H5T_STD_U64LE,
                                 {count(header.columns)})
                       .offset;
  places.bytes = hdf5::lay_out(guard, file.get(), "bytes", H5T_STD_U8LE, {count(header.bytes)}).offset;
  places.origins = hdf5::lay_out(guard, file.get(), "origins", H5T_STD_I64LE, {rows}).offset;
  places.start = hdf5::lay_out(guard, file.get(), "start", H5T_IEEE_F32LE, {rows, 2}).offset;
  nlohmann::json boundaries = nlohmann::json::array();
  for (int r = 0; r <= header.written.ranks(); ++r)
    boundaries.push_back(r == 0 ? 0 : header.written.end(r - 1));
  description::write(
      guard, file.get(),
      nlohmann::json{{"format", affinity::format_name}, {"boundaries", boundaries}, {"about", header.about}}
          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  hdf5::write_number(guard, file.get(), "affinity_format", affinity::format_version);
  hdf5::write_number(guard, file.get(), "value_coding", static_cast<std::uint64_t>(header.coding));
  hdf5::write_number(guard, file.get(), "entries", static_cast<std::uint64_t>(header.entries));
  hdf5::write_number(guard, file.get(), "tiles_digest", header.tiles_digest);
  hdf5::write_number(guard, file.get(), "input_digest", header.input_digest);
  guard.check(file.reset() ? 0 : -1, "cannot be written");
  return places;
}

}  // namespace

std::int64_t AffinityHeader::file_bytes() const {
  return affinity_structure_bytes + tiles * static_cast<std::int64_t>(sizeof(TileRecord)) +
         columns * static_cast<std::int64_t>(affinity::column_bytes(rows())) + bytes +
         rows() * static_cast<std::int64_t>(sizeof(base::GlobalIndex) + 2 * sizeof(float));
}

/// As write_anndata does it: rank 0 lays the file out, all ranks write their numbers into their places.
std::int64_t write_affinities(const comm::Communicator& comm, const std::string& path,
                              const AffinityParts& parts, std::uint64_t input_digest,
                              const nlohmann::json& about) {
  const hdf5::Guard guard(base::ErrorKind::io, path);
  Part part(comm, parts);
  AffinityHeader header{.path = path,
                        .written = parts.affinities.rows,
                        .coding = parts.affinities.coding,
                        .input_digest = input_digest,
                        .about = about};
  Extents before, all;
  base::Rank rank = 0;
  for (const Extents& of_rank : comm.all_gather(part.extents())) {
    if (rank++ < comm.rank()) before += of_rank;
    all += of_rank;
  }
  header.tiles = all.tiles;
  header.columns = all.columns;
  header.bytes = all.bytes;
  header.entries = comm.all_reduce(parts.affinities.entries, comm::Reduction::sum);
  const std::uint64_t mine =
      comm::agree(comm, [&] { return affinity::digest(part.describe(before), before.tiles); });
  header.tiles_digest = comm.all_reduce(mine, comm::Reduction::sum);

  std::optional<PartialFile> partial;
  std::string partial_path;
  AffinityPlaces places;
  std::int64_t size = 0;
  comm::on_root(comm, [&] {
    partial.emplace(path);
    partial_path = partial->partial_path();
    partial->reserve(header.file_bytes());  // a probe, see write_anndata
    places = write_structure(guard, partial_path, header);
    size = static_cast<std::int64_t>(std::filesystem::file_size(partial_path));
    partial->reserve(size);
  });
  places = comm.broadcast(places, 0);
  partial_path = comm.broadcast(partial_path, 0);
  SharedFile file(comm, partial_path, path);
  comm::agree(comm, [&] { part.write(file, places); });
  file.close();
  comm::on_root(comm, [&] { partial->commit(); });
  return comm.broadcast(size, 0);
}

}  // namespace fleetsne::io
