#include "fleetsne/plot/text.hpp"

#include "fleetsne/base/utf8.hpp"

#include <pango/pango.h>

namespace fleetsne::plot {

namespace {

/// A mark that turns the direction of what follows it, to the end of the line: U+202A to U+202E, U+2066 to
/// U+2069.                                              [Unicode Standard Annex 9, explicit formatting
/// characters]
bool turns_direction(std::string_view letter) {
  return (letter >= "\xE2\x80\xAA" && letter <= "\xE2\x80\xAE") ||
         (letter >= "\xE2\x81\xA6" && letter <= "\xE2\x81\xA9");
}

bool separates_lines(std::string_view letter) {  // U+2028 and U+2029
  return letter == "\xE2\x80\xA8" || letter == "\xE2\x80\xA9";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = base::code_point_bytes(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::string_view letter = text.substr(0, bytes);
    if ((lead >= '\t' && lead <= '\r') || separates_lines(letter)) {
      out += ' ';
    } else if (bytes == 0 || lead < 0x20 || lead == 0x7F || turns_direction(letter)) {
      out += '?';
    } else {
      out += letter;
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

std::vector<std::size_t> letter_ends(const std::string& text) {
  const auto bytes = static_cast<int>(text.size());
  std::vector<PangoLogAttr> breaks(static_cast<std::size_t>(g_utf8_strlen(text.c_str(), bytes)) + 1);
  pango_get_log_attrs(text.c_str(), bytes, -1, pango_language_get_default(), breaks.data(),
                      static_cast<int>(breaks.size()));
  std::vector<std::size_t> ends;
  const char* at = text.c_str();
  for (std::size_t i = 1; i < breaks.size(); ++i) {
    at = g_utf8_next_char(at);
    if (breaks[i].is_cursor_position != 0) ends.push_back(static_cast<std::size_t>(at - text.c_str()));
  }
  return ends;
}

std::string with_thousands(long long number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<long long>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

}  // namespace fleetsne::plot
