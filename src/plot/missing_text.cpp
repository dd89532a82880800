#include "missing_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glib.h>

#include <algorithm>
#include <array>

namespace fleetsne::plot {
namespace {

constexpr std::size_t most_examples = 8;

/// The character itself, or its number if it has no look.
std::string example(char32_t character) {
  if (g_unichar_isgraph(character) == 0 || g_unichar_type(character) == G_UNICODE_PRIVATE_USE ||
      g_unichar_type(character) == G_UNICODE_UNASSIGNED)
    return fmt::format("U+{:04X}", static_cast<std::uint32_t>(character));
  std::array<char, 6> bytes{};
  const int count = g_unichar_to_utf8(character, bytes.data());
  return {bytes.data(), static_cast<std::size_t>(count)};
}

/// The Debian package whose fonts have a character.
std::string package_for(char32_t character) {
  switch (g_unichar_get_script(character)) {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_HANGUL:
    case G_UNICODE_SCRIPT_BOPOMOFO:
      return "fonts-noto-cjk";
    case G_UNICODE_SCRIPT_COMMON: {
      if (character >= 0x3000 && character <= 0x33FF) return "fonts-noto-cjk";
      if (character >= 0xFF00 && character <= 0xFFEF) return "fonts-noto-cjk";
      return g_unichar_iswide(character) != 0 ? "fonts-noto-color-emoji" : "fonts-noto-core";
    }
    default:
      return "fonts-noto-core";
  }
}

}  // namespace

std::vector<std::string> warnings_about_text(const Typesetter& type, const std::set<char32_t>& missing) {
  if (!type.has_fonts())
    return {
        "the picture has no text (fontconfig finds no font on this machine). Install one, on Debian by "
        "apt-get install fonts-dejavu-core"};
  if (missing.empty()) return {};
  std::vector<std::string> examples;
  std::set<std::string> packages;
  for (const char32_t character : missing) {
    if (examples.size() < most_examples) examples.push_back(example(character));
    packages.insert(package_for(character));
  }
  if (missing.size() > examples.size()) examples.emplace_back("...");
  const bool one = missing.size() == 1;
  return {fmt::format(
      "{} character{} of the picture's text {} drawn as {}: {} (no installed font has {}). Install "
      "a font that does, on Debian by apt-get install {}",
      missing.size(), one ? "" : "s", one ? "is" : "are", one ? "a box" : "boxes", fmt::join(examples, " "),
      one ? "it" : "them", fmt::join(packages, " "))};
}

}  // namespace fleetsne::plot
