#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/numbers.hpp"
#include "fleetsne/plot/raster.hpp"
#include "fleetsne/plot/theme.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// Pixels of a side of a picture: fewer show nothing, more no program opens.
inline constexpr int smallest_size = 100, largest_size = 10000;

/// Whether categories are marked by numbers among their points.
enum class Marks {
  automatic,  ///< if there are more than colours alone tell apart
  always,
  never,
};

struct PlotConfig {
  int size = 1000;  ///< pixels of the longer side of a panel, legend excluded
  std::string title{};
  Background background = Background::light;
  double rotation = 0;             ///< degrees, counter-clockwise about the origin
  std::optional<Window> window{};  ///< after the rotation; none: all points, in a square
  bool axes = false;               ///< frames with numbers
  Marks marks = Marks::automatic;
  double clip = 1;                        ///< per cent of the numbers at either end that get the end's colour
  std::string note{};                     ///< beside the title; empty: how many points there are
  std::string unlabelled = "(no label)";  ///< what a legend calls points without a category
};

/// One embedding and how it is coloured.
struct Panel {
  base::MatrixView<const float> embedding;  ///< local rows x 2, any distribution of the rows
  std::string title;                        ///< above it; may be empty
  Coloring coloring = Coloring::density;
};

/// What points are coloured by; each distributed as the embeddings, null where there is none.
struct PointColors {
  const data::Labels* labels = nullptr;
  const data::Numbers* values = nullptr;
};

/// Draws embeddings of the same rows side by side: points per pixel, histogram-equalised so that structure
/// shows at any density; in panels by label each pixel has the mean colour of its points' categories, in
/// those by value the color of their mean number. A legend or a color bar stands beside. Warns of characters
/// that no font has, and of numbers that are all equal or missing.
/// @return the PNG on rank 0, nothing elsewhere
/// @note Collective. Pixels are summed in integers: the same picture for any number of ranks. Throws on all
/// ranks UsageError for the size or window, NumericalError for coordinates that are not finite.
std::vector<unsigned char> render_panels(const comm::Communicator& comm, std::span<const Panel> panels,
                                         const PointColors& colors, const PlotConfig& config, base::Log& log);

/// The smallest window that holds all points after a rotation by so many degrees; none if there are no
/// points.
/// @note Collective. Throws NumericalError on all ranks for coordinates that are not finite.
std::optional<Window> turned_bounds(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                                    double rotation);

/// What holds both.
Window joined(const Window& a, const Window& b);

/// The square around a window, with a margin, as panels without a given window show it.
Window with_margin(const Window& window);

/// Draws one embedding as a PNG, by label if there are labels. The file is whole or absent.
/// @note Collective, and throws as render_panels does, IoError for the file too.
void plot_embedding(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                    const std::optional<data::Labels>& labels, const std::string& path,
                    const PlotConfig& config, base::Log& log);

/// The bytes of that PNG on rank 0, nothing elsewhere.
std::vector<unsigned char> render_embedding(const comm::Communicator& comm,
                                            base::MatrixView<const float> embedding,
                                            const std::optional<data::Labels>& labels,
                                            const PlotConfig& config, base::Log& log);

}  // namespace fleetsne::plot
