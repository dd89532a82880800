#include "zarr_codecs.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace fleetsne::io::zarr {
namespace {

using Bytes = std::vector<std::byte>;

struct NamedCodec {
  const char* name;
  CodecKind kind;
};
constexpr NamedCodec named_codecs[] = {{"blosc", CodecKind::blosc},  {"zstd", CodecKind::zstd},
                                       {"gzip", CodecKind::inflate}, {"zlib", CodecKind::inflate},
                                       {"lz4", CodecKind::lz4},      {"crc32c", CodecKind::crc32c},
                                       {"crc32", CodecKind::crc32},  {"shuffle", CodecKind::shuffle}};

[[noreturn]] void damaged_chunk(const std::string& reason) {
  throw std::runtime_error(reason);
}

std::uint32_t load_u32(const std::byte* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// A buffer for what a codec unpacks in pieces: it grows with what comes out, to `most` bytes and one more,
/// which shows that there is too much.
class Growing {
 public:
  Growing(std::size_t first, std::size_t most) : most_(most), bytes_(std::min(first, most) + 1) {}

  std::span<std::byte> free() {
    if (used_ == bytes_.size()) {
      if (used_ > most_) damaged_chunk(fmt::format("it unpacks to more than {} bytes", most_));
      bytes_.resize(std::min(2 * bytes_.size(), most_ + 1));
    }
    return std::span(bytes_).subspan(used_);
  }
  void use(std::size_t count) { used_ += count; }
  Bytes take() {
    if (used_ > most_) damaged_chunk(fmt::format("it unpacks to more than {} bytes", most_));
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  std::size_t most_, used_ = 0;
  Bytes bytes_;
};

Bytes unpack_blosc(const Bytes& packed, std::size_t most) {
  std::size_t bytes = 0;
  if (blosc_cbuffer_validate(packed.data(), packed.size(), &bytes) < 0)
    damaged_chunk("it is not a whole block of blosc");
  if (bytes > most) damaged_chunk(fmt::format("it unpacks to more than {} bytes", most));
  Bytes out(bytes);
  if (bytes > 0 && blosc_decompress_ctx(packed.data(), out.data(), bytes, 1) != static_cast<int>(bytes)) {
    const char* inner = blosc_cbuffer_complib(packed.data());
    damaged_chunk(
        fmt::format("blosc cannot unpack it; its compressor is {}", inner != nullptr ? inner : "unknown"));
  }
  return out;
}

struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Bytes unpack_zstd(const Bytes& packed, std::size_t first, std::size_t most) {
  const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  Growing out(first, most);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  for (std::size_t left = 1; left != 0 || in.pos < in.size;) {
    const std::span<std::byte> room = out.free();
    ZSTD_outBuffer to{room.data(), room.size(), 0};
    const std::size_t before = in.pos;
    left = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(left) != 0) damaged_chunk(fmt::format("zstd: {}", ZSTD_getErrorName(left)));
    if (left != 0 && to.pos == 0 && in.pos == before) damaged_chunk("zstd: it ends too early");
    out.use(to.pos);
  }
  return out.take();
}

/// zlib and gzip, which may be several streams one after the other.
Bytes unpack_deflate(Bytes& packed, std::size_t first, std::size_t most) {
  z_stream stream{};
  constexpr int any_header = 32;
  if (inflateInit2(&stream, MAX_WBITS + any_header) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  Growing out(first, most);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    const std::span<std::byte> room = out.free();
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), std::size_t{1} << 30));
    const uInt offered = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.use(offered - stream.avail_out);
    if (status == Z_STREAM_END && stream.avail_in == 0) return out.take();
    if (status == Z_STREAM_END) {
      inflateReset(&stream);
    } else if (status != Z_OK) {
      damaged_chunk(status == Z_BUF_ERROR
                        ? "deflate: it ends too early"
                        : fmt::format("deflate: {}", stream.msg != nullptr ? stream.msg : "damaged"));
    }
  }
}

/// numcodecs writes the size before the block.
Bytes unpack_lz4(const Bytes& packed, std::size_t most) {
  constexpr std::size_t header = sizeof(std::uint32_t);
  if (packed.size() < header) damaged_chunk("lz4: it ends too early");
  const std::size_t bytes = load_u32(packed.data());
  if (bytes > most) damaged_chunk(fmt::format("it unpacks to more than {} bytes", most));
  Bytes out(bytes);
  const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data() + header),
                                      reinterpret_cast<char*>(out.data()),
                                      static_cast<int>(packed.size() - header), static_cast<int>(bytes));
  if (got != static_cast<int>(bytes)) damaged_chunk("lz4: it is damaged");
  return out;
}

/// CRC-32C: reflected polynomial 0x82F63B78.                                    [RFC 3720, appendix B.4]
std::uint32_t crc32c(std::span<const std::byte> bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0U);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t sum = ~0U;
  for (const std::byte byte : bytes)
    sum = table[(sum ^ std::to_integer<std::uint32_t>(byte)) & 255U] ^ (sum >> 8);
  return ~sum;
}

/// The sum stands after the bytes (crc32c) or before them (numcodecs' crc32).
Bytes check_sum(Bytes stored, CodecKind kind) {
  constexpr std::size_t sum_bytes = sizeof(std::uint32_t);
  if (stored.size() < sum_bytes) damaged_chunk("it ends before its checksum");
  const bool behind = kind == CodecKind::crc32c;
  const auto data =
      std::span<const std::byte>(stored).subspan(behind ? 0 : sum_bytes, stored.size() - sum_bytes);
  const std::uint32_t wanted = load_u32(behind ? stored.data() + data.size() : stored.data());
  const std::uint32_t found =
      behind
          ? crc32c(data)
          : static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  if (found != wanted) damaged_chunk("its checksum does not match its bytes");
  const auto first = stored.begin() + (behind ? 0 : sum_bytes);
  return {first, first + static_cast<std::ptrdiff_t>(data.size())};
}

/// Bytes of the same place in every element stand together.
Bytes unshuffle(const Bytes& stored, std::size_t element_bytes) {
  if (element_bytes == 0 || stored.size() % element_bytes != 0)
    damaged_chunk("it does not hold whole shuffled elements");
  const std::size_t elements = stored.size() / element_bytes;
  Bytes out(stored.size());
  for (std::size_t b = 0; b < element_bytes; ++b)
    for (std::size_t i = 0; i < elements; ++i) out[i * element_bytes + b] = stored[b * elements + i];
  return out;
}

}  // namespace

std::optional<std::size_t> Codec::added_bytes() const {
  if (kind == CodecKind::crc32c || kind == CodecKind::crc32) return sizeof(std::uint32_t);
  if (kind == CodecKind::shuffle) return 0;
  return std::nullopt;
}

std::optional<CodecKind> codec_of(const std::string& name) {
  for (const NamedCodec& known : named_codecs)
    if (name == known.name) return known.kind;
  return std::nullopt;
}

std::string list_codecs() {
  std::string names;
  for (const NamedCodec& known : named_codecs)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  return names;
}

std::size_t max_unpacked_bytes(std::size_t stored) {
  constexpr std::size_t per_byte = (std::size_t{128} << 10) / 4;
  return std::min((stored + 2) * per_byte, static_cast<std::size_t>(max_chunk_bytes));
}

std::vector<std::byte> unpack(std::vector<std::byte> stored, std::span<const Codec> codecs,
                              std::optional<std::size_t> expected) {
  const std::size_t possible = max_unpacked_bytes(stored.size());
  if (expected && *expected > possible)
    damaged_chunk(fmt::format("{} bytes cannot hold {}", stored.size(), *expected));
  for (std::size_t c = codecs.size(); c-- > 0;) {
    const Codec& codec = codecs[c];
    // Only what comes out of the last step has a size that is known.
    const std::size_t most = c == 0 && expected ? *expected : possible;
    const std::size_t first = c == 0 && expected ? *expected : std::min(4 * stored.size(), possible);
    switch (codec.kind) {
      case CodecKind::blosc:
        stored = unpack_blosc(stored, most);
        break;
      case CodecKind::zstd:
        stored = unpack_zstd(stored, first, most);
        break;
      case CodecKind::inflate:
        stored = unpack_deflate(stored, first, most);
        break;
      case CodecKind::lz4:
        stored = unpack_lz4(stored, most);
        break;
      case CodecKind::crc32c:
      case CodecKind::crc32:
        stored = check_sum(std::move(stored), codec.kind);
        break;
      case CodecKind::shuffle:
        stored = unshuffle(stored, codec.element_bytes);
        break;
    }
  }
  if (expected && stored.size() != *expected)
    damaged_chunk(fmt::format("it has {} bytes where {} are expected", stored.size(), *expected));
  return stored;
}

std::vector<std::string> unpack_texts(std::span<const std::byte> bytes, std::int64_t expected) {
  std::size_t at = 0;
  const auto next_number = [&] {
    if (bytes.size() - at < sizeof(std::uint32_t)) damaged_chunk("its texts end too early");
    const std::uint32_t value = load_u32(bytes.data() + at);
    at += sizeof value;
    return value;
  };
  const std::uint32_t count = next_number();
  if (count != expected) damaged_chunk(fmt::format("it has {} texts where {} are expected", count, expected));
  if (count > bytes.size() / sizeof(std::uint32_t)) damaged_chunk("its texts end too early");
  std::vector<std::string> texts;
  texts.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t length = next_number();
    if (bytes.size() - at < length) damaged_chunk("its texts end too early");
    texts.emplace_back(reinterpret_cast<const char*>(bytes.data() + at), length);
    at += length;
  }
  return texts;
}

}  // namespace fleetsne::io::zarr
