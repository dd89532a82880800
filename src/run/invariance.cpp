#include "fleetsne/run/invariance.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace fleetsne::run {

using neighbors::Metric;

namespace {

/// In the order of io::Offsets.
constexpr std::array<std::string_view, 3> offset_names{"none", "rows", "columns"};

}  // namespace

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

nlohmann::json to_json(const io::Invariance& invariance) {
  return {{"offsets", offset_names[static_cast<std::size_t>(invariance.offsets)]},
          {"scale", invariance.scale}};
}

std::optional<io::Invariance> recorded_invariance(const nlohmann::json& about) {
  if (!about.is_object() || !about.contains("may_change") || !about["may_change"].is_object())
    return std::nullopt;
  const nlohmann::json& recorded = about["may_change"];
  const auto* offsets = std::ranges::find(offset_names, recorded.value("offsets", ""));
  if (offsets == offset_names.end()) return std::nullopt;
  return io::Invariance{.offsets = static_cast<io::Offsets>(offsets - offset_names.begin()),
                        .scale = recorded.value("scale", false)};
}

}  // namespace fleetsne::run
