#pragma once

#include "typesetter.hpp"

#include <set>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// What the reader of a log must know of a picture's text: characters that no font has, and the packages that
/// have fonts for them; that there is no font at all.
std::vector<std::string> warnings_about_text(const Typesetter& type, const std::set<char32_t>& missing);

}  // namespace fleetsne::plot
