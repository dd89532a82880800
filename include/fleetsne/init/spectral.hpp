#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/data/weighted_graph.hpp"

#include <array>
#include <cstdint>

namespace fleetsne::init {

struct SpectralConfig {
  double tolerance = 1e-4;  ///< length of S x - lambda x for an eigenvector x of length 1
  int most_products = 480;  ///< of the matrix with the block of vectors, after which what there is is taken
  std::uint64_t seed = 0;
};

/// What the search for eigenvectors did; the same on every rank.
struct SpectralStats {
  std::int64_t components = 1;  ///< parts of the graph without an edge between them
  std::int64_t largest = 0;     ///< points of the largest
  std::int64_t solved = 0;      ///< components that were laid out by eigenvectors
  std::int64_t solved_points = 0;
  int products = 0;
  double residual = 0;                  ///< the largest of all that were wanted
  std::array<double, 2> eigenvalues{};  ///< smallest non-trivial ones of the largest component's Laplacian
};

struct SpectralStart {
  base::Matrix<float> positions;  ///< local rows x 2
  SpectralStats stats;
};

/// Positions from the eigenvectors of the normalised Laplacian I - D^-1/2 W D^-1/2 that have the two smallest
/// eigenvalues above 0; in each the entry of largest magnitude is positive.      [Belkin & Niyogi 2003; Ng,
/// Jordan & Weiss 2002]
/// A graph in several components has such eigenvectors for each of them. The largest components, at most 64
/// and none of fewer than 32 points, are laid out by their own, with the mean and the spread that they have
/// in `fallback`; all other points stay where they are there. Subspace iteration with a Chebyshev filter, 8
/// vectors for all components at once.   [Zhou & Saad 2007, algorithm 3.1]
/// @param weights   symmetric, within rounding
/// @param fallback  local rows x 2, finite; its columns are where the search starts
/// @note Collective. Deterministic for the same ranks and threads; the same for any up to rounding, where the
/// eigenvalues are apart. O(rows / ranks) memory, 100 bytes a row and 32 a ghost.
SpectralStart spectral_start(const comm::Communicator& comm, const data::SparseMatrix& weights,
                             base::MatrixView<const float> fallback, const SpectralConfig& config,
                             base::Log& log);

/// The same.
SpectralStart spectral_start(const comm::Communicator& comm, const data::WeightedGraph& weights,
                             base::MatrixView<const float> fallback, const SpectralConfig& config,
                             base::Log& log);

}  // namespace fleetsne::init
