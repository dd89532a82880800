#pragma once

#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::data {

/// This rank's part of a random sample of the rows, as local rows, ascending: the `size` rows with the
/// smallest random numbers, all of them if there are no more. So a smaller sample is part of a
/// larger one.
/// @note Collective. The same for any number of ranks. No memory but the result.
std::vector<std::size_t> draw_sample(const comm::Communicator& comm, const RowDistribution& rows,
                                     std::size_t size, const base::Random& random);

/// Some of this rank's rows, padded. @param chosen  local rows
base::Matrix<float> pick_rows(const base::Matrix<float>& rows, std::span<const std::size_t> chosen);

/// Some rows, in the order in which all ranks together have them, in blocks of equal size. Padded like any.
/// @param chosen  local rows, ascending
/// @note Collective.
DistributedMatrix<float> take_rows(const comm::Communicator& comm, const DistributedMatrix<float>& matrix,
                                   std::span<const std::size_t> chosen);

}  // namespace fleetsne::data
