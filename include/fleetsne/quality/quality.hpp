#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/permutation.hpp"

#include <cstdint>

namespace fleetsne::quality {

/// Share of the `k` nearest neighbours in the data that are also among the k nearest in the embedding (KNN),
/// mean over a sample of points that is the same at any rank count, by exact search on both sides.
///                                                                                 [Kobak & Berens 2019]
/// @param rows       N x d padded, working order
/// @param embedding  local rows x 2
/// @note Collective. The same for any number of ranks, given the same embedding.
double neighbors_kept(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                      base::MatrixView<const float> embedding, const data::Permutation& permutation,
                      std::size_t k, std::size_t sample, std::uint64_t seed);

}  // namespace fleetsne::quality
