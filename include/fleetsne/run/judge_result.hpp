#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/quality/judge.hpp"
#include "fleetsne/run/config.hpp"

#include <optional>

namespace fleetsne::run {

/// Judges the embedding of a run by the rows as they were given (by their Euclidean distances, for cosine and
/// correlation those of their directions), which are read once more: the stages have consumed them. As
/// `fleetsne evaluate` does it.
/// @param working_embedding  local working rows x 2
/// @param labels             in the input's order
/// @note Collective. Throws as io::read_rows does.
quality::Scores judge_result(const comm::Communicator& comm, const Config& config,
                             const data::Permutation& permutation,
                             base::MatrixView<const float> working_embedding,
                             const std::optional<data::Labels>& labels);

}  // namespace fleetsne::run
