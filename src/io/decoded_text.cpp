#include "decoded_text.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <algorithm>
#include <cstring>

namespace fleetsne::io {
namespace {

constexpr std::size_t longest_letter = 4;  // bytes in UTF-8
constexpr std::size_t mark_bytes = 3;      // the longest byte order mark
constexpr char32_t replacement = 0xFFFD;

std::size_t encode(char32_t letter, char* out) {
  const auto put = [&](std::size_t i, char32_t bits) {
    out[i] = static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (letter < 0x80) {
    put(0, letter);
    return 1;
  }
  const std::size_t bytes = letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
  for (std::size_t i = bytes - 1; i > 0; --i) {
    put(i, 0x80 | (letter & 0x3F));
    letter >>= 6;
  }
  put(0, letter | (bytes == 2 ? 0xC0 : bytes == 3 ? 0xE0 : 0xF0));
  return bytes;
}

bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace

DecodedText::DecodedText(ByteStream& stream)
    : stream_(stream), raw_(std::clamp<std::size_t>(transfer_limit(), 64, std::size_t{1} << 16)) {
  raw_end_ = stream.read_some(0, std::span(raw_).first(mark_bytes));
  offset_ = static_cast<std::int64_t>(raw_end_);
  const auto begins_with = [&](std::initializer_list<int> bytes) {
    std::size_t i = 0;
    return bytes.size() <= raw_end_ &&
           std::ranges::all_of(bytes, [&](int byte) { return raw_[i++] == static_cast<std::byte>(byte); });
  };
  const bool pair = raw_end_ >= 2;
  if (begins_with({0xEF, 0xBB, 0xBF})) {
    raw_at_ = 3;
  } else if (begins_with({0xFF, 0xFE})) {
    encoding_ = Encoding::utf16_little;
    raw_at_ = 2;
  } else if (begins_with({0xFE, 0xFF})) {
    encoding_ = Encoding::utf16_big;
    raw_at_ = 2;
  } else if (pair && raw_[0] != std::byte{0} && raw_[1] == std::byte{0}) {
    encoding_ = Encoding::utf16_little;
  } else if (pair && raw_[0] == std::byte{0} && raw_[1] != std::byte{0}) {
    encoding_ = Encoding::utf16_big;
  }
}

std::size_t DecodedText::read(std::span<char> out) {
  FLEETSNE_EXPECT(out.size() >= longest_letter);
  return encoding_ == Encoding::utf8 ? read_utf8(out) : read_utf16(out);
}

std::size_t DecodedText::read_utf8(std::span<char> out) {
  const std::size_t kept = std::min(raw_end_ - raw_at_, out.size());
  std::memcpy(out.data(), raw_.data() + raw_at_, kept);
  raw_at_ += kept;
  const auto rest = std::as_writable_bytes(out.subspan(kept));
  const std::size_t read = stream_.read_some(offset_, rest);
  offset_ += static_cast<std::int64_t>(read);
  at_end_ = read < rest.size();
  return kept + read;
}

std::size_t DecodedText::read_utf16(std::span<char> out) {
  std::size_t filled = 0;
  while (filled + longest_letter <= out.size()) {
    const auto unit = peek_unit();
    if (!unit) {
      at_end_ = true;
      break;
    }
    raw_at_ += 2;
    filled += encode(next_letter(*unit), out.data() + filled);
  }
  return filled;
}

std::optional<char32_t> DecodedText::peek_unit() {
  if (raw_end_ - raw_at_ < 2) {
    std::memmove(raw_.data(), raw_.data() + raw_at_, raw_end_ - raw_at_);
    raw_end_ -= raw_at_;
    raw_at_ = 0;
    const std::size_t read = stream_.read_some(offset_, std::span(raw_).subspan(raw_end_));
    offset_ += static_cast<std::int64_t>(read);
    raw_end_ += read;
    if (raw_end_ < 2) return std::nullopt;
  }
  const auto byte = [&](std::size_t i) { return std::to_integer<char32_t>(raw_[raw_at_ + i]); };
  return encoding_ == Encoding::utf16_little ? byte(0) | (byte(1) << 8) : byte(1) | (byte(0) << 8);
}

/// The letter that begins with this unit; the second unit of a pair is taken.
char32_t DecodedText::next_letter(char32_t first) {
  if (is_low_surrogate(first)) return replacement;
  if (!is_high_surrogate(first)) return first;
  const auto second = peek_unit();
  if (!second || !is_low_surrogate(*second)) return replacement;
  raw_at_ += 2;
  return 0x10000 + ((first - 0xD800) << 10) + (*second - 0xDC00);
}

}  // namespace fleetsne::io
