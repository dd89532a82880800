#include "fleetsne/base/utf8.hpp"
#include "fleetsne/run/report_page.hpp"

#include <algorithm>
#include <cstdint>

namespace fleetsne::run {
namespace {

constexpr const char* replacement = "\xef\xbf\xbd";

/// The name of a character that has a meaning in HTML, else null.
const char* entity_of(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return nullptr;
  }
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = base::code_point_bytes(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool control = (lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7f;
    if (const char* entity = entity_of(text[0])) {
      out += entity;
    } else if (bytes == 0 || control) {
      out += replacement;
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

std::string base64(std::span<const unsigned char> bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) word = word << 8 | (j < have ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? alphabet[word >> (18 - 6 * j) & 63U] : '=';
  }
  return out;
}

}  // namespace fleetsne::run
