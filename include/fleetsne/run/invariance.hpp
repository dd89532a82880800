#pragma once

#include "fleetsne/io/rescaling.hpp"
#include "fleetsne/run/config.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace fleetsne::run {

/// What may be done to the values of rows that are compared by a metric, without changing what is near.
/// @param reduced  whether rows are reduced to principal components first, which centers columns anyway
io::Invariance invariance_of(neighbors::Metric metric, bool reduced = false);

/// The same of the rows of a run. Where its affinities or files are in the unit of the distances, values keep
/// their scale.
io::Invariance invariance_of(const Config& config);

/// Of the rows that affinities were made of, as their file records it: rows that are read in the same way
/// have the same checksum.
nlohmann::json to_json(const io::Invariance& invariance);
/// @param about  the file's; nothing is recorded in one of version 0.1
std::optional<io::Invariance> recorded_invariance(const nlohmann::json& about);

/// Of the axes of an embedding.
inline constexpr io::Invariance of_embedding{.offsets = io::Offsets::of_columns, .scale = true};

}  // namespace fleetsne::run
