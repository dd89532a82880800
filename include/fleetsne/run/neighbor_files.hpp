#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/made_folders.hpp"

#include <cstdint>
#include <optional>

namespace fleetsne::run {

/// Whether the files fit each other and the rest of the config.
void check_neighbor_files(const Config& config, Problems& problems);

/// Makes the folder of the file that neighbours are kept in, and sees that nothing is written over unasked;
/// none if they are not kept. Collective; throws on all ranks.
std::optional<MadeFolders> prepare_neighbor_file(const comm::Communicator& comm, const Config& config,
                                                 bool force);

/// The neighbours that the config says were found before, and how good they are.
/// @param rows    N x d in working order, as they are searched
/// @param digest  of the rows as they were read
/// @note Collective. Throws InputError on all ranks if they are of other rows or too few.
neighbors::Neighbors load_neighbors(const comm::Communicator& comm, const Config& config,
                                    const data::DistributedMatrix<float>& rows,
                                    const data::Permutation& permutation, std::uint64_t digest,
                                    base::Log& log);

}  // namespace fleetsne::run
