#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/stages.hpp"

namespace fleetsne::run {

class Keeper;

/// An embedding by UMAP, in working order.
struct UmapEmbedding {
  data::Permutation permutation;
  base::Matrix<float> embedding;  ///< local rows x 2
};

/// The stages of UMAP from the neighbours on: fuzzy_set, spectral if it starts so, layout. The start is
/// stretched to 10 along both axes, as umap-learn does; none of that where the keeper knows a layout to go on
/// from. What they did goes to the report.
/// @note Collective.
UmapEmbedding embed_by_umap(const comm::Communicator& comm, const Config& config, Neighborhoods&& found,
                            Keeper& keeper, Stages& stages, Report& report, base::Log& log);

/// The parts of the report on UMAP and on a spectral start.
nlohmann::json umap_json(const UmapStats& stats);
nlohmann::json spectral_json(const init::SpectralStats& stats);

}  // namespace fleetsne::run
