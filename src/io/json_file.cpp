#include "fleetsne/io/json_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace fleetsne::io {
namespace {

/// Empty if there is nothing to read, or too much.
std::string text_of(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  const auto size = std::filesystem::file_size(path, ignored);
  std::ifstream stream(path, std::ios::binary);
  if (ignored || !stream || size > most_json_bytes) return {};
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace

std::size_t json_depth(const std::string& text) {
  std::size_t depth = 0, most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (quoted) continue;
    if (text[i] == '{' || text[i] == '[') most = std::max(most, ++depth);
    if ((text[i] == '}' || text[i] == ']') && depth > 0) --depth;
  }
  return most;
}

nlohmann::json read_json(const std::string& path) {
  const std::string text = text_of(path);
  if (json_depth(text) > most_json_depth) return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace fleetsne::io
