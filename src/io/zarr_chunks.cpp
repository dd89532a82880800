#include "zarr_chunks.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace fleetsne::io::zarr {
namespace {

constexpr std::uint64_t no_place = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t place_bytes = 2 * sizeof(std::uint64_t);

std::uint64_t load_u64(const std::byte* bytes, bool big_endian) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return big_endian ? __builtin_bswap64(value) : value;
}

std::int64_t pieces(std::int64_t extent, std::int64_t piece) {
  return extent / piece + (extent % piece != 0 ? 1 : 0);
}

/// Moves to the next place of a box in row-major order; false after the last one.
bool next_place(std::vector<std::int64_t>& place, std::span<const std::int64_t> box) {
  for (std::size_t d = place.size(); d-- > 0;) {
    if (++place[d] < box[d]) return true;
    place[d] = 0;
  }
  return false;
}

}  // namespace

std::size_t Chunk::size() const {
  std::size_t total = sizeof(Chunk) + bytes.size();
  for (const std::string& text : texts) total += sizeof text + text.size();
  return total;
}

ChunkReader::ChunkReader(const Source& source, ArrayMetadata array)
    : source_(source), array_(std::move(array)) {}

const Chunk& ChunkReader::chunk(std::span<const std::int64_t> indices) {
  const std::vector<std::int64_t> name(indices.begin(), indices.end());
  if (const auto found = kept_.find(name); found != kept_.end()) return found->second;
  std::string key;
  Chunk made;
  if (auto packed = packed_chunk(indices, key)) made = unpack_chunk(key, std::move(*packed));
  if (!made.stored && !array_.fill.known)
    damaged(key_of_file(indices), "it is not stored, and the fill value of the array makes no sense");
  const std::size_t size = made.size();
  if (kept_bytes_ + size > transfer_limit()) {
    kept_.clear();
    kept_bytes_ = 0;
  }
  kept_bytes_ += size;
  return kept_.emplace(name, std::move(made)).first->second;
}

/// What is stored of a chunk, and the file that holds it.
std::optional<std::vector<std::byte>> ChunkReader::packed_chunk(std::span<const std::int64_t> indices,
                                                                std::string& key) {
  if (!array_.shards) {
    key = key_of_file(indices);
    const auto bytes = source_.size(key);
    if (!bytes) return std::nullopt;
    return read_part(key, 0, static_cast<std::uint64_t>(*bytes));
  }
  std::vector<std::int64_t> shard;
  std::size_t place = 0;
  for (std::size_t d = 0; d < indices.size(); ++d) {
    const std::int64_t inside = array_.shards->shape[d] / array_.chunk[d];
    shard.push_back(indices[d] / inside);
    place = place * static_cast<std::size_t>(inside) + static_cast<std::size_t>(indices[d] % inside);
  }
  key = key_of_file(shard);
  const std::vector<Place>& index = shard_index(key);
  if (index.empty() || index[place] == Place{no_place, no_place}) return std::nullopt;
  return read_part(key, index[place].first, index[place].second);
}

Chunk ChunkReader::unpack_chunk(const std::string& key, std::vector<std::byte> packed) const {
  Chunk chunk;
  chunk.stored = true;
  const std::int64_t elements = array_.chunk_elements();
  try {
    if (array_.type.bytes > 0) {
      chunk.bytes =
          unpack(std::move(packed), array_.codecs, static_cast<std::size_t>(elements) * array_.type.bytes);
    } else {
      chunk.texts = unpack_texts(unpack(std::move(packed), array_.codecs, std::nullopt), elements);
    }
  } catch (const std::runtime_error& error) {
    damaged(key, error.what());
  }
  return chunk;
}

std::vector<std::byte> ChunkReader::read_part(const std::string& key, std::uint64_t offset,
                                              std::uint64_t bytes) const {
  const auto all = static_cast<std::uint64_t>(source_.size(key).value_or(0));
  if (bytes == 0 || offset > all || bytes > all - offset)
    damaged(key, fmt::format("it has {} bytes, a chunk stands at {} to {}", all, offset, offset + bytes));
  if (bytes > static_cast<std::uint64_t>(max_chunk_bytes))
    damaged(key, fmt::format("a chunk has {} bytes", bytes));
  std::vector<std::byte> packed(bytes);
  source_.read(key, static_cast<std::int64_t>(offset), packed);
  return packed;
}

/// Places of the chunks in a shard; none if there is no such file.
const std::vector<ChunkReader::Place>& ChunkReader::shard_index(const std::string& key) {
  if (key == index_of_) return index_;
  index_of_.clear();
  index_.clear();
  const ShardIndex& shards = *array_.shards;
  if (const auto file_bytes = source_.size(key)) {
    std::size_t count = 1;
    for (std::size_t d = 0; d < array_.chunk.size(); ++d)
      count *= static_cast<std::size_t>(shards.shape[d] / array_.chunk[d]);
    std::size_t bytes = count * place_bytes;
    for (const Codec& codec : shards.codecs) bytes += codec.added_bytes().value_or(0);
    if (static_cast<std::int64_t>(bytes) > *file_bytes)
      damaged(key, fmt::format("it has {} bytes, its index alone has {}", *file_bytes, bytes));
    const std::uint64_t offset = shards.at_start ? 0 : static_cast<std::uint64_t>(*file_bytes) - bytes;
    std::vector<std::byte> index = read_part(key, offset, bytes);
    try {
      index = unpack(std::move(index), shards.codecs, count * place_bytes);
    } catch (const std::runtime_error& error) {
      damaged(key, fmt::format("in its index, {}", error.what()));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* const entry = index.data() + i * place_bytes;
      index_.emplace_back(load_u64(entry, shards.big_endian),
                          load_u64(entry + sizeof(std::uint64_t), shards.big_endian));
    }
  }
  index_of_ = key;
  return index_;
}

std::string ChunkReader::key_of_file(std::span<const std::int64_t> indices) const {
  std::string name = array_.key_prefix;
  for (const std::int64_t index : indices) {
    if (!name.empty()) name += array_.key_separator;
    name += std::to_string(index);
  }
  return key_of(array_.node, name.empty() ? "0" : name);
}

/// The indices in a file's name; nothing if it is not the name of a file of chunks.
std::optional<std::vector<std::int64_t>> ChunkReader::indices_of_file(const std::string& name) const {
  std::vector<std::int64_t> indices;
  const std::string separator(1, array_.key_separator);
  std::size_t at = 0;
  if (!array_.key_prefix.empty()) {
    if (!name.starts_with(array_.key_prefix + separator)) return std::nullopt;
    at = array_.key_prefix.size() + 1;
  }
  while (at < name.size()) {
    std::int64_t index = -1;
    const auto parsed = std::from_chars(name.data() + at, name.data() + name.size(), index);
    if (parsed.ec != std::errc() || index < 0) return std::nullopt;
    indices.push_back(index);
    at = static_cast<std::size_t>(parsed.ptr - name.data());
    if (at < name.size() && name[at++] != array_.key_separator) return std::nullopt;
  }
  if (indices.size() != array_.shape.size()) return std::nullopt;
  return indices;
}

std::vector<std::int64_t> ChunkReader::grid() const {
  std::vector<std::int64_t> result;
  for (std::size_t d = 0; d < array_.shape.size(); ++d)
    result.push_back(pieces(array_.shape[d], array_.chunk[d]));
  return result;
}

StoredChunks ChunkReader::count_stored() {
  StoredChunks result{.all = 1};
  const std::vector<std::int64_t> chunks = grid();
  for (const std::int64_t extent : chunks) result.all *= extent;
  if (array_.shape.empty()) {
    std::string key;
    result.stored = packed_chunk({}, key) ? 1 : 0;
    return result;
  }
  source_.for_each_file(array_.node, [&](const std::string& name, std::int64_t /*bytes*/) {
    const auto indices = indices_of_file(name);
    if (!indices) return;
    const auto& extents = array_.shards ? array_.shards->shape : array_.chunk;
    for (std::size_t d = 0; d < extents.size(); ++d)
      if ((*indices)[d] >= pieces(array_.shape[d], extents[d])) return;
    result.stored += array_.shards ? count_in_shard(*indices) : 1;
  });
  return result;
}

std::int64_t ChunkReader::count_in_shard(std::span<const std::int64_t> shard) {
  const std::vector<Place>& index = shard_index(key_of_file(shard));
  const std::vector<std::int64_t> chunks = grid();
  std::vector<std::int64_t> box, place(shard.size(), 0);
  for (std::size_t d = 0; d < shard.size(); ++d) box.push_back(array_.shards->shape[d] / array_.chunk[d]);
  std::int64_t stored = 0;
  std::size_t i = 0;
  do {
    bool in_array = true;  // the last shards reach beyond it
    for (std::size_t d = 0; d < shard.size(); ++d) in_array &= shard[d] * box[d] + place[d] < chunks[d];
    if (in_array && index[i] != Place{no_place, no_place}) ++stored;
    ++i;
  } while (next_place(place, box));
  return stored;
}

void ChunkReader::damaged(const std::string& key, const std::string& reason) const {
  throw base::InputError(
      fmt::format("{}: the chunks in {} cannot be read ({}). Copy the store again or make it again",
                  source_.path(), key, reason));
}

}  // namespace fleetsne::io::zarr
