#pragma once

#include "fleetsne/data/numbers.hpp"
#include "fleetsne/plot/color.hpp"
#include "fleetsne/plot/raster.hpp"
#include "fleetsne/plot/theme.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::plot {

inline constexpr std::int32_t no_category = -1;

/// What the colours of categories mean.
struct Legend {
  struct Entry {
    std::string name;
    Srgb color;
    std::int32_t category = no_category;
    std::string mark{};  ///< what stands for it among the points; empty: nothing does
  };
  std::string title;
  std::vector<Entry> entries;
  std::int64_t omitted = 0;  ///< categories that had no room, named as "and N more"
};

/// Categories that a legend names at most; it stands in up to three columns.
inline constexpr std::size_t largest_legend = 90;

/// Points without a category: how many, and how a legend shows them.
struct WithoutCategory {
  std::int64_t count = 0;
  std::string name = "(no label)";
  Srgb color = missing_color;
};

/// The legend of the categories that occur, in their order; if there are too many the most frequent ones.
/// @param counts   points of each category, all ranks together
/// @param missing  points without a category: an entry of its own, if there are any
/// @param most     categories that are too many if exceeded
Legend legend_of(const std::string& title, std::span<const std::string> categories,
                 std::span<const std::int64_t> counts, const WithoutCategory& missing,
                 std::span<const Srgb> colors, std::size_t most = largest_legend);

/// What the colours of numbers mean: value_color from `low` to `high`.
struct ColorBar {
  std::string title;
  double low = 0, high = 1;
  data::Quantity quantity = data::Quantity::number;
  bool clipped = false;  ///< there are numbers beyond, drawn as the ends
  bool missing = false;  ///< there are points without a number
};

/// A text that stands among the points.
struct Mark {
  std::string text;
  double x = 0, y = 0;  ///< its middle, in pixels of the panel
};

/// Pixels by rows from the top, and what stands around them.
struct PanelImage {
  int width = 0, height = 0;
  std::vector<Srgb> pixels;
  std::string title{};  ///< above it
  std::vector<Mark> marks{};
  std::optional<Window> axes{};  ///< a frame with numbers, for this part of the plane
};

/// All that is on a picture.
struct Sheet {
  std::string title, note;  ///< above the panels; either may be empty
  std::vector<PanelImage> panels;
  std::size_t columns = 1;  ///< panels side by side
  int size = 1000;          ///< of a panel's longer side: text grows with it
  Legend legend{};
  std::optional<ColorBar> bar{};
  Background background = Background::light;
};

/// Categories that the legend of a sheet has room for, by its panels' size and number.
std::size_t legend_room(const Sheet& sheet);

/// Pixels by rows from the top.
struct Picture {
  int width = 0, height = 0;
  std::vector<Srgb> pixels;
  std::vector<std::string> warnings{};  ///< what its text lacks, for the log
  Srgb at(int x, int y) const { return pixels[static_cast<std::size_t>(y) * width + x]; }
};

/// The finished figure: title above, panels in rows, legend or color bar right of them. Text of any script is
/// in the machine's fonts; bytes that are not UTF-8 are shown as question marks. What is too long for its
/// room is broken into lines, then cut where it still differs from others.
Picture compose(const Sheet& sheet);

/// The same of one square of size x size pixels on white.
Picture compose(std::span<const Srgb> square, int size, const std::string& title, const std::string& note,
                const Legend& legend);

/// The picture as a PNG file. The same bytes for the same pixels.
std::vector<unsigned char> encode_png(const Picture& picture);

}  // namespace fleetsne::plot
