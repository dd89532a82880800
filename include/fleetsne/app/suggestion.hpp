#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fleetsne::app {

/// Fewest insertions, deletions, replacements and swaps of neighbouring letters that turn `a` into `b`.
///                                                                  [Damerau 1964, optimal string alignment]
std::size_t edit_distance(std::string_view a, std::string_view b);

struct Candidate {
  std::string spelling;  ///< what is compared
  std::string offer;     ///< what is offered if it is the nearest
};

/// The offer of the nearest candidate (the first of equals), or empty if none is near enough to be a slip of
/// the pen.
std::string nearest(std::string_view written, std::span<const Candidate> candidates);

}  // namespace fleetsne::app
