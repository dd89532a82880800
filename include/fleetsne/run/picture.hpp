#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/plot/plot.hpp"

#include <optional>
#include <string>

namespace fleetsne::run {

/// The picture of an embedding of one or two dimensions: plot::plot_embedding, for one of the points below
/// their density.
/// @param embedding  this rank's block of `rows`, x 1 or x 2
/// @note Collective; throws as plot_embedding does.
void draw_embedding(const comm::Communicator& comm, base::MatrixView<const float> embedding,
                    const data::RowDistribution& rows, const std::optional<data::Labels>& labels,
                    const std::string& path, const plot::PlotConfig& config, base::Log& log);

}  // namespace fleetsne::run
