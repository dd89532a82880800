#include "fleetsne/plot/text.hpp"

#include "fleetsne/base/utf8.hpp"

namespace fleetsne::plot {

namespace {

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = base::code_point_bytes(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    if (bytes == 0 || lead < 0x20 || lead == 0x7F) {
      out += '?';
      text.remove_prefix(1);
    } else {
      out += text.substr(0, bytes);
      text.remove_prefix(bytes);
    }
  }
  return out;
}

std::size_t text_length(std::string_view text) {
  std::size_t count = 0;
  for (const char byte : text) count += continues(byte) ? 0 : 1;
  return count;
}

std::string text_prefix(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && (count > 0 || continues(text[at]))) {
    if (!continues(text[at])) --count;
    ++at;
  }
  return std::string(text.substr(0, at));
}

std::string with_thousands(long long number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<long long>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

}  // namespace fleetsne::plot
