#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

#include <span>

namespace fleetsne::quality {

/// Z = sum over all pairs of 1 / (1 + |y_i - y_j|^2), both ways round.    [van der Maaten & Hinton 2008, eq.
/// 4]
struct Normaliser {
  double z = 0;
  double relative_error = 0;  ///< standard error of the sample, about that of log Z; 0 if it is all points
};

/// Z from a sample of its rows, each summed over all points.
/// @param embedding  N x any number of columns
/// @param sample     local rows, as data::draw_sample draws them
/// @note Collective. Bitwise the same for any number of ranks and threads: terms are rounded so that their
/// sums are exact.
Normaliser sampled_normaliser(const comm::Communicator& comm, const data::DistributedMatrix<float>& embedding,
                              std::span<const std::size_t> sample);

/// KL(P || Q) = sum p_ij log(p_ij (1 + |y_i - y_j|^2)) + log Z.        [van der Maaten & Hinton 2008, eq. 5]
/// @param embedding  local rows x any number of columns, distributed as the affinities
/// @note Collective. The same for any number of ranks and threads, given the same affinities.
double divergence(const comm::Communicator& comm, const data::SparseMatrix& affinities,
                  base::MatrixView<const float> embedding, double z);

}  // namespace fleetsne::quality
