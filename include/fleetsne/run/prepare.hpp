#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/stages.hpp"

#include <optional>
#include <string>

namespace fleetsne::run {

class Keeper;

/// What the optimisation starts from, in working order.
struct Prepared {
  data::Permutation permutation;
  data::SparseMatrix affinities;
  base::Matrix<float> start;
};

/// The neighbours of all rows, and a start, in working order.
struct Neighborhoods {
  data::Permutation permutation;
  data::NeighborGraph graph;
  base::Matrix<float> start;
};

/// The stages from the rows as they were read to the neighbours: reduce, init, normalize, partition,
/// neighbors. What they did goes to the report, which has the rows' digest where neighbours are kept or
/// loaded.
/// @param rows   in the input's order; consumed
/// @param given   the initial embedding, if it is a file
/// @param keeper  keeps what is reached on the way; none: nobody does
/// @note Collective.
Neighborhoods prepare_neighbors(const comm::Communicator& comm, const Config& config,
                                data::DistributedMatrix<float>&& rows,
                                const std::optional<base::Matrix<float>>& given, Stages& stages,
                                Report& report, base::Log& log, Keeper* keeper = nullptr);

/// The stages from the rows as they were read to the affinities: reduce, init, normalize, partition,
/// neighbors, affinity, and spectral if it starts so. What they did goes to the report.
/// @param rows   in the input's order; consumed
/// @param given   the initial embedding, if it is a file
/// @param keeper  keeps what is reached on the way; none: nobody does
/// @note Collective.
Prepared prepare(const comm::Communicator& comm, const Config& config, data::DistributedMatrix<float>&& rows,
                 const std::optional<base::Matrix<float>>& given, Stages& stages, Report& report,
                 base::Log& log, Keeper* keeper = nullptr);

/// The same with affinities that were made before: reduce and init are left to do, and these only with rows;
/// else the file's own start is taken.
/// @param rows  in the input's order; consumed. None: without them
/// @note Collective. Throws InputError on all ranks, also if the affinities were made of other rows.
Prepared prepare_from_affinities(const comm::Communicator& comm, const Config& config,
                                 std::optional<data::DistributedMatrix<float>>&& rows,
                                 const std::optional<base::Matrix<float>>& given, Stages& stages,
                                 Report& report, base::Log& log, Keeper* keeper = nullptr);

}  // namespace fleetsne::run
