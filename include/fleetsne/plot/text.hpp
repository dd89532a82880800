#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fleetsne::plot {

/// `text` as cairo takes it: bytes that are not valid UTF-8 and control characters become question marks.
std::string printable(std::string_view text);

/// Number of code points of valid UTF-8.
std::size_t text_length(std::string_view text);

/// The first `count` code points of valid UTF-8.
std::string text_prefix(std::string_view text, std::size_t count);

/// A whole number with commas between thousands: 70,000.
std::string with_thousands(long long number);

}  // namespace fleetsne::plot
