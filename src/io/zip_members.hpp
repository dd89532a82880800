#pragma once

#include <string>
#include <vector>

namespace fleetsne::io {

/// The names of what a zip archive holds, in its order; none if it cannot be read. By this rank alone.
std::vector<std::string> zip_members(const std::string& path);

}  // namespace fleetsne::io
