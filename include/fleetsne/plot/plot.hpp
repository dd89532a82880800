#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// Pixels of a side of a picture: fewer show nothing, more no program opens.
inline constexpr int smallest_size = 100, largest_size = 10000;

struct PlotConfig {
  int size = 1000;  ///< pixels of a side of the square that holds the embedding, legend excluded
  std::string title;
};

/// Draws the embedding as a PNG: points per pixel, histogram-equalised so that structure shows at any
/// density; with labels each pixel has the mean colour of its points' categories, and a legend stands beside.
/// The file is whole or absent.
/// @param embedding  local rows x 2, any distribution of the rows
/// @param labels     distributed as `embedding`, or none
/// @note Collective. Pixels are summed in integers: the same picture for any number of ranks. Throws on all
/// ranks
///       UsageError for the size, NumericalError for coordinates that are not finite, IoError for the file.
void plot_embedding(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                    const std::optional<data::Labels>& labels, const std::string& path,
                    const PlotConfig& config);

/// The bytes of that PNG on rank 0, nothing elsewhere.
/// @note Collective, and throws as plot_embedding does.
std::vector<unsigned char> render_embedding(const comm::Communicator& comm,
                                            base::MatrixView<const float> embedding,
                                            const std::optional<data::Labels>& labels,
                                            const PlotConfig& config);

}  // namespace fleetsne::plot
