#pragma once

#include "fleetsne/data/sparse_matrix.hpp"

#include <span>

namespace fleetsne::optimize {

/// Attractive forces, forces_i = sum_j p_ij (y_i - y_j) / (1 + |y_i - y_j|^2).
///                                                              [van der Maaten & Hinton 2008, eq. 5]
/// @param positions  (local rows + ghosts) x 2
/// @param forces     local rows x 2, out
/// @note No communication. Bitwise the same for any number of threads. Rows are summed in float32, in as many
/// partial sums as the CPU's vectors have lanes.
void sum_attraction(const data::SparseMatrix& affinities, std::span<const float> positions,
                    std::span<float> forces);

/// sum over local rows of p_ij log(1 + |y_i - y_j|^2): what the positions add to the KL divergence before log
/// Z.
double attraction_energy(const data::SparseMatrix& affinities, std::span<const float> positions);

/// sum over local rows of p_ij log p_ij.
double negative_entropy(const data::SparseMatrix& affinities);

}  // namespace fleetsne::optimize
