#pragma once

#include "fleetsne/plot/color.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// What the colours mean.
struct Legend {
  struct Entry {
    std::string name;
    Srgb color;
  };
  std::string title;
  std::vector<Entry> entries;
  std::int64_t omitted = 0;  ///< categories that had no room, named as "and N more"
};

/// Categories that a legend names at most; it stands in up to three columns.
inline constexpr std::size_t largest_legend = 90;

/// The legend of the categories that occur, in their order; if there are too many the most frequent ones.
/// @param counts   points of each category, all ranks together
/// @param missing  points without a category: an entry of its own if there are any
Legend legend_of(const std::string& title, std::span<const std::string> categories,
                 std::span<const std::int64_t> counts, std::int64_t missing, std::span<const Srgb> colors);

/// Pixels by rows from the top.
struct Picture {
  int width = 0, height = 0;
  std::vector<Srgb> pixels;
  Srgb at(int x, int y) const { return pixels[static_cast<std::size_t>(y) * width + x]; }
};

/// The finished figure on white: the title above and the legend right of the square of points; either may be
/// empty.
/// @param square  size x size
/// @param note    a short line in grey beside the title
/// Text is in the machine's sans-serif; bytes that are not UTF-8 are shown as a question mark, long names are
/// cut.
Picture compose(std::span<const Srgb> square, int size, const std::string& title, const std::string& note,
                const Legend& legend);

/// The picture as a PNG file. The same bytes for the same pixels.
std::vector<unsigned char> encode_png(const Picture& picture);

}  // namespace fleetsne::plot
