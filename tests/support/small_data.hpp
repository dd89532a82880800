#pragma once

#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/neighbor_graph.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::test {

/// rows x columns: clusters of standard normal points, whole on every rank (it is small), the same
/// everywhere.
inline base::Matrix<float> clustered_points(std::size_t rows, std::size_t columns, std::uint64_t seed = 1) {
  const base::Random random(seed, base::Stream::test);
  auto result = base::padded_matrix<float>(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const auto id = static_cast<base::GlobalIndex>(i * columns + j);
      const double centre = 3 * random.uniform(static_cast<base::GlobalIndex>((i % 5) * columns + j), 77);
      result(i, j) = static_cast<float>(random.normal_pair(id).first / static_cast<double>(j + 1) + centre);
    }
  }
  return result;
}

/// This rank's block of a matrix that every rank has whole.
inline data::DistributedMatrix<float> block_of(const comm::Communicator& comm,
                                               const base::Matrix<float>& whole) {
  const auto rows =
      data::RowDistribution::balanced(static_cast<base::GlobalIndex>(whole.rows()), comm.size());
  data::DistributedMatrix<float> result{
      rows, base::padded_matrix<float>(static_cast<std::size_t>(rows.count(comm.rank())), whole.columns())};
  for (std::size_t i = 0; i < result.local.rows(); ++i) {
    std::ranges::copy(whole.row(i + static_cast<std::size_t>(rows.begin(comm.rank()))),
                      result.local.row(i).begin());
  }
  return result;
}

/// The k nearest neighbours of this rank's rows by comparing every pair, ties by index.
inline data::NeighborGraph brute_force_graph(const comm::Communicator& comm, const base::Matrix<float>& whole,
                                             std::size_t k) {
  data::NeighborGraph graph;
  graph.rows = data::RowDistribution::balanced(static_cast<base::GlobalIndex>(whole.rows()), comm.size());
  const auto first = static_cast<std::size_t>(graph.rows.begin(comm.rank()));
  const auto local = static_cast<std::size_t>(graph.rows.count(comm.rank()));
  std::vector<base::GlobalIndex> found;
  graph.squared_distances = base::Matrix<float>(local, k);
  for (std::size_t i = 0; i < local; ++i) {
    std::vector<std::pair<float, base::GlobalIndex>> all;
    for (std::size_t j = 0; j < whole.rows(); ++j) {
      if (j == first + i) continue;
      float sum = 0;
      for (std::size_t c = 0; c < whole.columns(); ++c) {
        const float difference = whole(first + i, c) - whole(j, c);
        sum += difference * difference;
      }
      all.emplace_back(sum, static_cast<base::GlobalIndex>(j));
    }
    std::ranges::sort(all);
    for (std::size_t j = 0; j < k; ++j) {
      found.push_back(all[j].second);
      graph.squared_distances(i, j) = all[j].first;
    }
  }
  graph.ghosts = data::Ghosts(graph.rows, comm.rank(), found);
  graph.columns = base::Matrix<base::LocalIndex>(local, k);
  for (std::size_t i = 0; i < local; ++i) {
    for (std::size_t j = 0; j < k; ++j) graph.columns(i, j) = graph.ghosts.column(found[i * k + j]);
  }
  return graph;
}

}  // namespace fleetsne::test
