#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/optimize/grid_solver.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fleetsne::optimize {

/// Brings the strips of a grid that ranks' points touch to the owners of their rows, and other values of the
/// same strips back. Every rank tells its part to all; then those that share rows send each other a bit for
/// every strip of those rows, and the strips whose bits are set.
template <class T>
class StripExchange {
 public:
  /// Keeps a reference to `comm`.
  explicit StripExchange(const comm::Communicator& comm) : comm_(comm) {}

  /// @param slab_ends  of every rank: its rows are those from the end of the rank before on, up to its own
  void set_up(std::vector<int> slab_ends);

  /// @param rows  this rank's rows of the grid, `stride` apart: what arrives is added to them, ranks in order
  /// @note Collective.
  void collect(const GridPart& part, const TouchedStrips& touched, base::MatrixView<const T> values, T* rows,
               std::ptrdiff_t stride);

  /// The strips of the last `collect` back, from the rows' owners into `values`. Collective.
  void give_back(const T* rows, std::ptrdiff_t stride, base::MatrixView<T> values);

 private:
  int slab_begin(std::size_t rank) const { return rank == 0 ? 0 : slab_ends_[rank - 1]; }
  void exchange_masks(const TouchedStrips& touched);

  /// visit(row, first column of the strip) for every touched strip of the rows that a part shares with a
  /// rank's slab, in order; `mask` is moved past the bits of those rows.
  template <class Visit>
  void for_each_strip(const GridPart& part, std::size_t owner, const std::uint64_t*& mask,
                      Visit&& visit) const;

  const comm::Communicator& comm_;
  std::vector<int> slab_ends_;
  std::vector<GridPart> parts_;                               // of all ranks
  std::vector<std::uint64_t> masks_, their_masks_;            // rows shared with rank 0, then rank 1, ...
  std::vector<std::size_t> mask_counts_, their_mask_counts_;  // words, by rank
  base::AlignedVector<T> strips_, their_strips_;              // touched strips, in the same order
  std::vector<std::size_t> counts_, their_counts_;            // numbers in them, by rank
};

extern template class StripExchange<float>;
extern template class StripExchange<double>;

}  // namespace fleetsne::optimize
