#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Codecs of zarr that turn bytes into bytes, and texts of any length. All throw std::runtime_error with the
/// reason, a part of a sentence, for bytes that are damaged.
namespace fleetsne::io::zarr {

enum class CodecKind { blosc, zstd, inflate, lz4, crc32c, crc32, shuffle };

struct Codec {
  CodecKind kind = CodecKind::blosc;
  std::size_t element_bytes = 1;  ///< shuffle

  /// How many bytes it adds to the bytes that it packs, if that does not depend on them.
  std::optional<std::size_t> added_bytes() const;
};

/// The codec of this name in zarr ("blosc", "zstd", "gzip", ...), if it is one that is read here.
std::optional<CodecKind> codec_of(const std::string& name);
/// Names of all of them, for messages.
std::string list_codecs();

/// A chunk larger than this, unpacked, is refused.
inline constexpr std::int64_t max_chunk_bytes = std::int64_t{1} << 31;

/// The most bytes that so many stored bytes can stand for. zstd packs tightest: a block of 128 KiB that
/// repeats one byte takes four. [RFC 8878, section 3.1.1.2]
std::size_t max_unpacked_bytes(std::size_t stored);

/// Undoes the codecs, which are in the order in which they were applied.
/// @param expected  bytes of the result, if they are known
std::vector<std::byte> unpack(std::vector<std::byte> stored, std::span<const Codec> codecs,
                              std::optional<std::size_t> expected);

/// The texts of a chunk of numcodecs' vlen-utf8: how many, then each with its length before it (int32, little
/// endian).
std::vector<std::string> unpack_texts(std::span<const std::byte> bytes, std::int64_t expected);

}  // namespace fleetsne::io::zarr
