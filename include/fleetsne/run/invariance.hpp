#pragma once

#include "fleetsne/io/rescaling.hpp"
#include "fleetsne/run/config.hpp"

namespace fleetsne::run {

/// What may be done to the values of rows that are compared by a metric, without changing what is near.
/// @param reduced  whether rows are reduced to principal components first, which centers columns anyway
io::Invariance invariance_of(neighbors::Metric metric, bool reduced = false);

/// The same of the rows of a run. Where its affinities or files are in the unit of the distances, values keep
/// their scale.
io::Invariance invariance_of(const Config& config);

/// Of the axes of an embedding.
inline constexpr io::Invariance of_embedding{.offsets = io::Offsets::of_columns, .scale = true};

}  // namespace fleetsne::run
