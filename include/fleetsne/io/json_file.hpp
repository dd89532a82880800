#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

/// JSON that may be anybody's. nlohmann's parser does not mind how deep it is nested, but copies, texts and
/// the end of what it makes call themselves for each level.
namespace fleetsne::io {

inline constexpr std::size_t most_json_bytes = std::size_t{64} << 20, most_json_depth = 100;

/// How deep the brackets of a JSON text stand in one another.
std::size_t json_depth(const std::string& text);

/// What stands in a file: discarded (is_discarded) if it is no regular file, cannot be read, is no JSON,
/// larger than most_json_bytes or nested deeper than most_json_depth. By this rank alone.
nlohmann::json read_json(const std::string& path);

}  // namespace fleetsne::io
