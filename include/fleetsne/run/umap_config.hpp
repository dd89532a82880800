#pragma once

#include "fleetsne/run/problems.hpp"

namespace fleetsne::run {

/// What UMAP alone asks for, with umap-learn's defaults.
struct UmapConfig {
  double min_dist = 0.1;  ///< that near points may come
  double spread = 1;      ///< scale of the embedding
  int epochs = 0;         ///< 0: as many as umap-learn takes
  int negative_samples = 5;
  double learning_rate = 1;
  double repulsion = 1;  ///< strength of negative samples
};

/// Whether the values make sense.
void check_umap(const UmapConfig& config, Problems& problems);

}  // namespace fleetsne::run
