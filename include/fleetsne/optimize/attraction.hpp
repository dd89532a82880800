#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::optimize {

/// How rows are summed: with the CPU's widest vectors, or in code that every CPU and compiler takes.
enum class Kernel { fastest, portable };

/// Attraction along the entries of an affinity matrix. Holds what it needs from iteration to iteration, so
/// that sum() allocates nothing: for every thread the positions of one tile's directory, 512 KB.
class Attraction {
 public:
  /// Keeps a reference to `affinities`, for as many threads as OpenMP has now.
  explicit Attraction(const data::SparseMatrix& affinities, Kernel kernel = Kernel::fastest);

  /// Forces, forces_i = sum_j p_ij (y_i - y_j) / (1 + |y_i - y_j|^2).
  ///                                                              [van der Maaten & Hinton 2008, eq. 5]
  /// @param positions  (local rows + ghosts) x 2
  /// @param forces     local rows x 2, out
  /// @note No communication. Bitwise the same for any number of threads. Rows are summed in float32, in 16
  /// partial sums.
  void sum(std::span<const float> positions, std::span<float> forces);

  /// sum over local rows of p_ij log(1 + |y_i - y_j|^2): what the positions add to the KL divergence before
  /// log Z.
  double energy(std::span<const float> positions);

 private:
  /// Calls visit(tile, pairs, places) for every tile, those of one row together and in order; `pairs` holds
  /// the positions of its directory, `places` is room for a kernel.
  template <class Visit>
  void for_each_tile(std::span<const float> positions, Visit&& visit);

  const data::SparseMatrix& affinities_;
  Kernel kernel_;
  std::size_t pairs_per_thread_;
  base::AlignedVector<double> pairs_;          // threads x pairs: x and y as one element
  base::AlignedVector<std::uint16_t> places_;  // threads x places
  std::vector<double> energies_;               // of every tile
};

/// sum over local rows of p_ij log p_ij, of the values as they are stored.
double negative_entropy(const data::SparseMatrix& affinities);

}  // namespace fleetsne::optimize
