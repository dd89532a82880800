#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/neighbor_exchange.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <span>
#include <vector>

namespace fleetsne::data {

/// The rows of other ranks that this rank refers to. A column index c means local row c when c < local rows,
/// else ghost number c - local rows.
class Ghosts {
 public:
  Ghosts() = default;
  /// @param referenced  global indices in any order, repeated or not; own ones are passed over
  Ghosts(const RowDistribution& rows, Rank rank, std::vector<GlobalIndex> referenced);

  std::size_t count() const { return ids_.size(); }
  /// Global indices, ascending, so those of one rank stand together and in rank order.
  std::span<const GlobalIndex> ids() const { return ids_; }
  /// The column index of a global row, which must be own or a ghost. O(log ghosts).
  LocalIndex column(GlobalIndex row) const;
  /// The global row of a column index.
  GlobalIndex row(LocalIndex column) const;

 private:
  GlobalIndex begin_ = 0, end_ = 0;
  std::vector<GlobalIndex> ids_;
};

/// Brings the ghosts' values from their owners, as often as asked: start, work on, finish.
class Halo {
 public:
  /// Tells every owner which of its rows this rank needs, `width` floats each. Collective.
  Halo(const comm::Communicator& comm, const RowDistribution& rows, const Ghosts& ghosts, std::size_t width);

  /// Begins to send the rows of `local` (local rows x width, unpadded) that others need.
  void start(std::span<const float> local);
  /// Waits for the ghosts' rows: ghosts x width, in ghost order, valid until the next start.
  std::span<const float> finish();

  /// Bytes that this rank sends and receives in one exchange.
  std::int64_t bytes_sent() const { return static_cast<std::int64_t>(send_.size() * sizeof(float)); }
  std::int64_t bytes_received() const { return static_cast<std::int64_t>(receive_.size() * sizeof(float)); }

 private:
  std::size_t width_;
  std::vector<LocalIndex> send_rows_;
  base::AlignedVector<float> send_, receive_;
  comm::NeighborExchange exchange_;
};

}  // namespace fleetsne::data
