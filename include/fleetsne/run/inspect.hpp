#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/row_match.hpp"

namespace fleetsne::run {

/// Which rows of other files belong to the rows of the input.
struct FileMatches {
  RowMatch labels, start;
};

/// Looks at every file that the config names, before the first row is read: inputs, labels (as many as rows),
/// the initial embedding, and the names of the rows, which are copied at the end. All problems are told
/// together.
/// @param matches  if given, what was found by the names of the rows
/// @return  the shape of the data as the headers tell it; the same on every rank
/// @note Collective. Throws on all ranks, InputError or what the first problem is.
DataShape inspect_files(const comm::Communicator& comm, const Config& config, base::Log& log,
                        FileMatches* matches = nullptr);

/// Warns if the input says that its rows are near by another distance than the metric.
void warn_of_distance(const Config& config, const DataShape& data, base::Log& log);

}  // namespace fleetsne::run
