#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/ghosts.hpp"

#include "components.hpp"
#include "graph_product.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::init {

/// A block of vectors for every component of a graph, each 0 outside of its own, that turns towards the
/// largest eigenvectors of S = D^-1/2 W D^-1/2 but the first, D^1/2 1. All components at once: their rows
/// stand in the same block.
class Subspace {
 public:
  /// Keeps references to all. @param start  local rows x block_width. Collective.
  Subspace(const comm::Communicator& comm, const GraphProduct& graph, const Components& components,
           base::AlignedVector<float> start);

  /// Chebyshev polynomial of S that is small from -1 to each component's `cut`; as many products. Collective.
  void filter(int degree);
  /// Makes the vectors of every component Ritz vectors, by falling value. One product. Collective.
  void rotate();

  /// Of S; -1 where a component has fewer vectors.
  const std::array<double, block_width>& values(std::size_t component) const { return values_[component]; }
  /// The largest |S x - value x| of the first two vectors of all components. After rotate(). Collective.
  double residual() const;
  /// Local rows x block_width.
  std::span<const float> vectors() const { return x_; }
  int products() const { return products_; }

 private:
  using Square = std::array<double, block_width * block_width>;

  std::size_t count() const { return components_.sizes.size(); }
  void find_degrees();
  void multiply(std::span<const float> x, std::span<float> y);
  /// Takes the first eigenvector's part out of the vectors. Collective.
  void deflate();
  /// For each component x'y. Collective.
  std::vector<Square> inner(std::span<const float> x, std::span<const float> y) const;
  /// Multiplies every row by its component's matrix.
  void transform(std::span<float> x, std::span<const Square> by) const;

  const comm::Communicator& comm_;
  const GraphProduct& graph_;
  const Components& components_;
  data::Halo halo_;
  base::AlignedVector<float> x_, sx_;  // local rows x block_width: the vectors, and S times them
  base::AlignedVector<float> spread_;  // (local rows + ghosts) x block_width: D^-1/2 times what is multiplied
  std::vector<float> inverse_root_;    // of each local row's degree
  std::vector<float> first_;           // for each local row its component's first eigenvector
  std::vector<std::array<double, block_width>> values_;
  int products_ = 0;
};

}  // namespace fleetsne::init
