#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <vector>

namespace fleetsne::reduce {

/// Columns that principal components can be had of. The covariance and its eigenvectors then take 1.6 GB on
/// every rank, and the decomposition, which each does on one core, most of an hour.
inline constexpr std::size_t most_columns = 10'000;

/// Principal axes of a distributed matrix.
struct PrincipalComponents {
  std::vector<double> mean;       ///< d
  base::Matrix<double> axes;      ///< count x d, orthonormal, by falling variance; in each, the entry of
                                  ///< largest magnitude is positive
  std::vector<double> variances;  ///< count, of the projections (divisor N - 1)
  double total_variance = 0;
};

/// The first `count` principal components by the all-reduced d x d covariance matrix and a symmetric
/// eigenvalue decomposition.                                                     [Pearson 1901; Jolliffe
/// 2002, chapter 2]
/// @note Collective. O(N d^2 / ranks) work, O(d^2) memory on every rank. Throws InputError on all ranks if
///       count > min(N, d) or d > most_columns, NumericalError if the decomposition does not converge.
PrincipalComponents principal_components(const comm::Communicator& comm,
                                         const data::DistributedMatrix<float>& rows, std::size_t count);

/// Rows projected on the axes: N x count, padded rows, distributed as `rows`. No communication.
data::DistributedMatrix<float> project(const data::DistributedMatrix<float>& rows,
                                       const PrincipalComponents& onto);

}  // namespace fleetsne::reduce
