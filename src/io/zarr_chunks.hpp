#pragma once

#include "zarr_metadata.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io::zarr {

/// Elements of a chunk: bytes, or texts if they are of any length. Neither if it is not stored, and all are
/// the fill value.
struct Chunk {
  bool stored = false;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;

  /// Of memory, about.
  std::size_t size() const;
};

/// How many of the chunks of an array are stored.
struct StoredChunks {
  std::int64_t all = 0, stored = 0;
};

/// Fetches and unpacks the chunks of one array, by this rank alone. Chunks that were unpacked are kept up to
/// transfer_limit() bytes in all, so that neighboring parts of an array do not unpack them again. Throws
/// InputError with the name of the chunk.
class ChunkReader {
 public:
  ChunkReader(const Source& source, ArrayMetadata array);

  const ArrayMetadata& array() const { return array_; }

  /// The chunk with these indices; valid until the next call.
  const Chunk& chunk(std::span<const std::int64_t> indices);

  /// Counts chunks by the names of files, and those in shards by the shards' indices.
  StoredChunks count_stored();

 private:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  ///< offset and size in a shard

  std::string key_of_file(std::span<const std::int64_t> indices) const;
  std::optional<std::vector<std::int64_t>> indices_of_file(const std::string& name) const;
  std::vector<std::int64_t> grid() const;
  Chunk unpack_chunk(const std::string& key, std::vector<std::byte> packed) const;
  std::optional<std::vector<std::byte>> packed_chunk(std::span<const std::int64_t> indices, std::string& key);
  std::vector<std::byte> read_part(const std::string& key, std::uint64_t offset, std::uint64_t bytes) const;
  const std::vector<Place>& shard_index(const std::string& key);
  std::int64_t count_in_shard(std::span<const std::int64_t> shard);
  [[noreturn]] void damaged(const std::string& key, const std::string& reason) const;

  const Source& source_;
  ArrayMetadata array_;
  std::map<std::vector<std::int64_t>, Chunk> kept_;
  std::size_t kept_bytes_ = 0;
  std::string index_of_;  ///< the shard whose index is kept
  std::vector<Place> index_;
};

}  // namespace fleetsne::io::zarr
