#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/labels.hpp"

#include <vector>

namespace fleetsne::quality {

/// Classes beyond this many are not compared with each other.
inline constexpr std::size_t most_classes = 5000;

/// Which categories have points, ascending; the same on every rank. Collective.
std::vector<std::size_t> classes_with_points(const comm::Communicator& comm, const data::Labels& labels);

/// For each of these classes its k nearest by the distance of means, nearest first, as positions in
/// `classes`. Means are sums of numbers rounded to 2^-30 of the largest, so that they do not depend on the
/// number of ranks. Collective.
std::vector<std::vector<std::size_t>> nearest_classes(const comm::Communicator& comm,
                                                      const data::DistributedMatrix<float>& rows,
                                                      const data::Labels& labels,
                                                      const std::vector<std::size_t>& classes, std::size_t k);

/// Share of the classes in the first lists that the second ones name, too.
double shared_classes(const std::vector<std::vector<std::size_t>>& a,
                      const std::vector<std::vector<std::size_t>>& b);

}  // namespace fleetsne::quality
