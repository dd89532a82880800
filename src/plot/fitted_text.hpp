#pragma once

#include "typesetter.hpp"

#include <span>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// Room for a text.
struct Room {
  double height = 0;  ///< of its letters
  double width = 0;
  int lines = 1;
};

/// A text broken into lines in this room, abbreviated where it needs more.
TextBlock fitted(const Typesetter& type, const std::string& text, const Room& room);

/// Texts that stand together, each in such a room, none like another.
/// @param texts  as told_apart makes them
std::vector<TextBlock> fitted(const Typesetter& type, std::span<const std::string> texts, const Room& room);

}  // namespace fleetsne::plot
