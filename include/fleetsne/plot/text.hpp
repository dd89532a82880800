#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fleetsne::plot {

/// `text` in one line of valid UTF-8: tabs and ends of lines become spaces; other control characters, marks
/// that turn the direction of a line and bytes that are not UTF-8 become question marks.
std::string printable(std::string_view text);

/// Where each character that a reader sees ends, in bytes: a letter with its accents is one, so is an emoji
/// of several code points. `text` must be printable.                   [Unicode Standard Annex 29, grapheme
/// clusters]
std::vector<std::size_t> letter_ends(const std::string& text);

/// A whole number with commas between thousands: 70,000.
std::string with_thousands(long long number);

}  // namespace fleetsne::plot
