#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/plot/animation.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/run/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

struct DrawInputs {
  std::vector<std::string> embeddings;  ///< of the same rows, each one file
  std::vector<std::string> names;       ///< what they are called; none: by their files
  std::vector<std::string> labels;      ///< stacked in order; none: no categories
  std::string values;                   ///< a number for every row; empty: none
};

/// What is drawn of a single embedding.
enum class Panels {
  automatic,  ///< all points in one colour, and beside it by what colours there are
  density,    ///< all points in one colour
  colored,    ///< by what colours there are
};

struct DrawOutputs {
  std::string picture;    ///< PNG of all embeddings side by side; empty: none
  std::string animation;  ///< APNG with a frame for each embedding; empty: none
  bool force = false;     ///< write over files that are there
};

/// Everything that a user can say about pictures of embeddings, with its defaults.
struct DrawConfig {
  DrawInputs input;
  Panels panels = Panels::automatic;
  std::string window;  ///< "LEFT,RIGHT,BOTTOM,TOP"; empty: all points
  plot::PlotConfig plot;
  plot::Timing timing;
  DrawOutputs output;
  ExecutionConfig run;
};

/// The window that a text names; none for an empty one. Throws UsageError.
std::optional<plot::Window> window_of(const std::string& text);

/// Whether the values make sense. Throws one UsageError that names every problem. Not collective.
void check_config(const DrawConfig& config);

struct Drawn {
  std::vector<std::string> files;
  std::int64_t points = 0;
  int threads = 1;
  double seconds = 0;
  plot::Window window{};  ///< of the points, after the rotation
};

/// Draws embeddings into a picture, an animation or both, each whole or absent. A rank holds one embedding of
/// an animation at a time.
/// @note Collective. The same bytes for any number of ranks. Throws AgreedError on all ranks.
Drawn draw(const comm::Communicator& comm, const DrawConfig& config, base::Log& log);

}  // namespace fleetsne::run
