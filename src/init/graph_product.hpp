#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/data/ghosts.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/data/weighted_graph.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace fleetsne::init {

/// Vectors that are multiplied with a matrix at once.
inline constexpr std::size_t block_width = 8;

/// A weighted graph, however it is stored, as far as its eigenvectors ask for it.
class GraphProduct {
 public:
  virtual ~GraphProduct() = default;

  virtual const data::RowDistribution& rows() const = 0;
  virtual const data::Ghosts& ghosts() const = 0;
  virtual std::size_t local_rows() const = 0;
  /// Calls visit(row, column) for every edge.
  virtual void for_each_edge(const std::function<void(base::LocalIndex, base::LocalIndex)>& visit) const = 0;
  /// y = W x, by all threads.
  /// @param x  (local rows + ghosts) x block_width
  /// @param y  local rows x block_width, out
  virtual void multiply(std::span<const float> x, std::span<float> y) const = 0;
};

/// What there is to say of any matrix of weights that knows its rows and ghosts.
template <class Weights>
class ProductOf : public GraphProduct {
 public:
  explicit ProductOf(const Weights& weights) : weights_(weights) {}
  const data::RowDistribution& rows() const override { return weights_.rows; }
  const data::Ghosts& ghosts() const override { return weights_.ghosts; }
  std::size_t local_rows() const override { return weights_.local_rows(); }

 protected:
  const Weights& weights_;
};

class TiledProduct final : public ProductOf<data::SparseMatrix> {
 public:
  explicit TiledProduct(const data::SparseMatrix& weights);
  void for_each_edge(const std::function<void(base::LocalIndex, base::LocalIndex)>& visit) const override;
  void multiply(std::span<const float> x, std::span<float> y) const override;

 private:
  std::vector<std::size_t> firsts_;  // tiles that begin new rows, and the number of tiles
};

class PlainProduct final : public ProductOf<data::WeightedGraph> {
 public:
  using ProductOf::ProductOf;
  void for_each_edge(const std::function<void(base::LocalIndex, base::LocalIndex)>& visit) const override;
  void multiply(std::span<const float> x, std::span<float> y) const override;
};

}  // namespace fleetsne::init
