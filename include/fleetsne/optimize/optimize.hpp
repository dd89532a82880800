#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/optimize/progress.hpp"
#include "fleetsne/optimize/schedule.hpp"
#include "fleetsne/optimize/state.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fleetsne::optimize {

class Objective;

/// How the repulsive forces are summed.
enum class Repulsion {
  automatic,  ///< exact up to 1,000 points, else grid
  grid,       ///< one potential on a grid, by FFT
  exact,      ///< every pair, O(N^2): the oracle
};

/// How ranks share the grid.
enum class GridSharing {
  automatic,  ///< whichever a cost model finds faster for this grid and these ranks
  reduced,    ///< every rank holds the whole grid, charges are all-reduced
  slab,       ///< FFTW-MPI, every rank holds rows of it
};

struct OptimizeConfig {
  std::vector<Stage> stages{{250, 12, 0.8}, {500, 1, 0.8}};
  double min_gain = 0.01;
  /// 1: the second coordinate of every point is held at 0. Positions, field and all have two nevertheless.
  int dimensions = 2;
  Repulsion repulsion = Repulsion::automatic;
  GridSharing sharing = GridSharing::automatic;
  int kl_every = 50;  ///< iterations between entries of the KL curve
};

/// Bytes sent by a rank in an iteration, mean over ranks and iterations.
struct BytesPerIteration {
  double ghosts = 0;      ///< positions of points that other ranks attract
  double grid = 0;        ///< charges to the grid's owners and potentials back, or the grid all-reduced
  double transposes = 0;  ///< within the transforms of a grid in slabs
  double all = 0;         ///< these, the bounds, and what else travels
};

/// What an observer is shown after an iteration.
struct Moment {
  std::int64_t iteration = 0;  ///< done so far, those before a continued run included
  bool stage_ended = false;
  base::MatrixView<const float> positions;  ///< local rows x 2, not centred
  int wish = 0;                             ///< the largest that any rank had (Watch::wish)
  std::function<State()> state{};           ///< a copy of all that it takes to go on from here
};

/// What watches an optimisation.
struct Watch {
  /// Called on all ranks after every iteration, and may communicate: what it does leaves no trace in the
  /// result. What it throws (on all ranks) ends the optimisation. None: nobody looks.
  std::function<void(const Moment&)> see{};
  /// Called on every rank in every iteration, without communication: what this rank alone wants to tell all
  /// at the next moment, 0 or more. It travels with the bounds of the points. None: nothing.
  std::function<int()> wish{};
};

struct OptimizeStats {
  double kl = 0;                ///< of the embedding returned
  std::int64_t iterations = 0;  ///< done, those before a continued run included
  std::vector<KlPoint> kl_curve;
  std::vector<StageStats> stages;
  BytesPerIteration bytes_per_rank_iteration;
  std::int64_t ghosts_max = 0, ghosts_total = 0;
  int grid_rows = 0,
      grid_columns = 0;  ///< of the last grid, padding for the convolution included; 0 if exact
  bool slab = false;     ///< the last grid was shared by slabs
};

struct Optimized {
  base::Matrix<float> embedding;  ///< local rows x 2
  OptimizeStats stats;            ///< the same on all ranks
  State state;                    ///< from which to go on
};

/// Gradient descent on KL(P || Q) with momentum and gains.
///            [van der Maaten & Hinton 2008; learning rate: Belkina et al. 2019; field: see field.hpp]
/// @param affinities  N x N, symmetric, sum 1
/// @param initial     local rows x 2, consumed
/// @note Collective. Bitwise the same for the same ranks and threads. Throws NumericalError on all ranks in
///       the iteration in which a position or the KL divergence stops being finite, points are farther apart
///       than a grid reaches, or nothing is left of their repulsion; it names the iteration.
Optimized optimize(const comm::Communicator& comm, const data::SparseMatrix& affinities,
                   base::Matrix<float> initial, const OptimizeConfig& config, base::Log& log,
                   const Watch& watch = {});

/// The same from a state, as another run left it: the iterations of both are those of one run that did all of
/// them. (A stage goes by its own first iteration when it looks at the KL, and along a line of
/// exaggerations.)
Optimized optimize(const comm::Communicator& comm, const data::SparseMatrix& affinities, State initial,
                   const OptimizeConfig& config, base::Log& log, const Watch& watch = {});

/// The same for any objective. Its points are centred at the end if they move freely.
Optimized optimize(const comm::Communicator& comm, Objective& objective, State initial,
                   const OptimizeConfig& config, base::Log& log, const Watch& watch = {});

}  // namespace fleetsne::optimize
