#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/weighted_graph.hpp"
#include "fleetsne/umap/curve.hpp"

#include <cstdint>

namespace fleetsne::umap {

struct LayoutConfig {
  Curve curve;
  int epochs = 200;          ///< at least 1
  int negative_samples = 5;  ///< for each sampled edge; at least 0
  double learning_rate = 1;  ///< of the first epoch, from where it falls to 0 along a line
  double repulsion = 1;      ///< strength of negative samples
  std::uint64_t seed = 0;
};

/// What the layout did, over all ranks; the same on every rank.
struct LayoutStats {
  int epochs = 0;
  int exchanges_per_epoch = 0;      ///< of positions
  std::int64_t edges = 0;           ///< that were sampled at least once, both directions
  std::int64_t samples = 0;         ///< of edges; each with negative samples
  double bytes_per_rank_epoch = 0;  ///< sent, mean over ranks
  std::int64_t ghosts_max = 0, ghosts_total = 0;
};

struct LaidOut {
  base::Matrix<float> embedding;  ///< local rows x 2, centred
  LayoutStats stats;
};

/// Epochs that umap-learn chooses: 500 up to 10,000 points, else 200.
int automatic_epochs(base::GlobalIndex points);

/// Stochastic gradient descent on the cross entropy between the graph and the curve of distances in the
/// embedding: in every epoch each edge is sampled in proportion to its weight, with negative samples that are
/// drawn from the points of all ranks.               [McInnes, Healy & Melville 2018, section 3.2;
/// umap-learn] A point moves by its samples one after the other. What it sees of others are their positions
/// at the last exchange, of which there are as many in an epoch as edges sampled for a point, so that it
/// moves about once between two.
/// @param graph    symmetric
/// @param initial  local rows x 2, consumed
/// @note Collective. Bitwise the same for the same ranks, and for any number of threads; the same for any
///       ranks whose rows begin at multiples of 256. Throws NumericalError on all ranks if a position is not
///       finite at the end.
LaidOut layout(const comm::Communicator& comm, const data::WeightedGraph& graph, base::Matrix<float> initial,
               const LayoutConfig& config, base::Log& log);

}  // namespace fleetsne::umap
