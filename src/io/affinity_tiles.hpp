#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What reading and writing affinity files share.
namespace fleetsne::io::affinity {

inline constexpr const char* format_name = "FleetSNE affinities";
inline constexpr std::int64_t format_version = 1;

/// A row of the table of tiles.
struct TileRecord {
  std::int64_t first_row, rows, continued, columns_at, columns, bytes_at, bytes, checksum;
};
inline constexpr std::size_t record_fields = 8;
static_assert(sizeof(TileRecord) == record_fields * sizeof(std::int64_t));

/// Of a piece of the table, tiles counted from `first`; pieces' digests add up.
std::uint64_t digest(std::span<const TileRecord> records, std::int64_t first);

/// Checksum of a tile from its parts, given in order.
std::int64_t checksum(std::span<const std::span<const std::byte>> parts);

/// Throws InputError: the file is not as it was written, `what` tells where.
[[noreturn]] void damaged(const std::string& path,
                          const std::string& what = "its numbers do not fit their checksums");

/// Bytes of a stored column index.
std::size_t column_bytes(std::int64_t rows);

}  // namespace fleetsne::io::affinity
