#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/weighted_graph.hpp"
#include "fleetsne/umap/curve.hpp"

#include <cstdint>
#include <functional>

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

/// All that the next epoch depends on, besides the graph and the config: from the same state on the same
/// ranks the layout goes on bit by bit as it would have without a break.
struct LayoutState {
  base::Matrix<float> positions;  ///< local rows x 2, not centred
  int epoch = 0;                  ///< epochs done
  std::int64_t samples = 0;       ///< of edges, over all ranks
};

/// What an observer is shown between two epochs.
struct LayoutMoment {
  int epoch = 0;                         ///< epochs done
  int wish = 0;                          ///< the largest that any rank had
  std::function<LayoutState()> state{};  ///< a copy of all that it takes to go on from here; collective
};

/// What watches a layout.
struct LayoutWatch {
  /// Called on all ranks before every epoch if any of them has a wish, and may communicate. What it throws
  /// (on all ranks) ends the layout.
  std::function<void(const LayoutMoment&)> see{};
  /// Called on every rank before every epoch, without communication: what this rank alone wants to tell all,
  /// 0 or more. None: nobody looks.
  std::function<int()> wish{};
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
///       ranks whose rows begin at multiples of 256. Throws NumericalError on all ranks after the first epoch
///       that leaves a position that is not finite, before anybody is shown it.
LaidOut layout(const comm::Communicator& comm, const data::WeightedGraph& graph, base::Matrix<float> initial,
               const LayoutConfig& config, base::Log& log);

/// The same from a state, as another run left it: the epochs of both are those of one run that did all of
/// them.
LaidOut layout(const comm::Communicator& comm, const data::WeightedGraph& graph, const LayoutState& initial,
               const LayoutConfig& config, base::Log& log, const LayoutWatch& watch = {});

}  // namespace fleetsne::umap
