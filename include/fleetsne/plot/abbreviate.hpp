#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// The texts in one line each, printable, and no two that look alike: spaces at the ends and repeated ones
/// are left out, an empty text is "(empty name)", and what is then equal to an earlier one gets a number: "B
/// cell (2)".
std::vector<std::string> told_apart(std::span<const std::string> texts);

/// The texts, those that do not fit cut so that each still differs from all others: "effector
/// mem…differentiated". The beginning and the end stay; where that would stand for another text too, the
/// beginning and the part where the two differ.
/// @param texts  as told_apart makes them
/// @param fits   whether there is room for a text; a shorter one needs no more
std::vector<std::string> abbreviated(std::span<const std::string> texts,
                                     const std::function<bool(const std::string&)>& fits);

}  // namespace fleetsne::plot
