#include "fleetsne/run/invariance.hpp"

namespace fleetsne::run {

using neighbors::Metric;

io::Invariance invariance_of(Metric metric, bool reduced) {
  if (reduced || metric == Metric::euclidean || metric == Metric::manhattan)
    return {.offsets = io::Offsets::of_columns, .scale = true};
  return {.offsets = metric == Metric::correlation ? io::Offsets::of_rows : io::Offsets::none, .scale = true};
}

io::Invariance invariance_of(const Config& config) {
  const Metric metric = config.neighbors.metric;
  io::Invariance result = invariance_of(metric, config.input.pca > 0);
  const bool of_directions = metric == Metric::cosine || metric == Metric::correlation;
  const bool in_units =
      (config.method == Method::tsne && config.affinity.kind == affinity::Kind::fixed_sigma) ||
      !config.neighbor_files.load.empty() || !config.neighbor_files.save.empty();
  if (in_units && !of_directions) result.scale = false;
  return result;
}

}  // namespace fleetsne::run
