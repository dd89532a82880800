#pragma once

#include "fleetsne/io/byte_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fleetsne::io {

/// The text of a file as UTF-8, whatever it is encoded as: UTF-8, or UTF-16 by its byte order mark or,
/// without one, by the zero byte in its first letter. The mark is left out.
class DecodedText {
 public:
  explicit DecodedText(ByteStream& stream);

  bool is_utf16() const { return encoding_ != Encoding::utf8; }
  /// Fills `out`, of 4 bytes or more, as far as whole letters fit. Returns how many bytes it has filled.
  std::size_t read(std::span<char> out);
  /// Whether all has been read.
  bool at_end() const { return at_end_; }

 private:
  enum class Encoding { utf8, utf16_little, utf16_big };

  std::size_t read_utf8(std::span<char> out);
  std::size_t read_utf16(std::span<char> out);
  /// The next 16 bits, without going past them; none at the end.
  std::optional<char32_t> peek_unit();
  char32_t next_letter(char32_t first);

  ByteStream& stream_;
  Encoding encoding_ = Encoding::utf8;
  std::int64_t offset_ = 0;
  std::vector<std::byte> raw_;  // read and not yet given out: from raw_at_ to raw_end_
  std::size_t raw_at_ = 0, raw_end_ = 0;
  bool at_end_ = false;
};

}  // namespace fleetsne::io
