#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fleetsne::base {

/// Bytes of the code point that `text` begins with, 0 if it begins with none (or is empty).
/// [RFC 3629, section 4]
std::size_t code_point_bytes(std::string_view text);

bool is_utf8(std::string_view text);

/// The text with U+FFFD in the place of every byte that belongs to no code point.
std::string valid_utf8(std::string_view text);

}  // namespace fleetsne::base
