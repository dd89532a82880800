#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace fleetsne::comm {

/// The same exchange between the same ranks over and over: made once, started every iteration, and the
/// caller works while the messages travel. Buffers are fixed for its life; it allocates nothing when used.
class NeighborExchange {
 public:
  /// @param send     values for rank 0, then rank 1, ...: `send_counts[r]` of `bytes_each` bytes
  /// @param receive  where the others' values arrive, in rank order: `receive_counts[r]` of them
  /// A rank's count for itself must be 0. Collective.
  NeighborExchange(const Communicator& comm, std::span<const std::byte> send,
                   std::span<const std::size_t> send_counts, std::span<std::byte> receive,
                   std::span<const std::size_t> receive_counts, std::size_t bytes_each);
  ~NeighborExchange();
  NeighborExchange(NeighborExchange&&) noexcept;
  NeighborExchange& operator=(NeighborExchange&&) noexcept;

  void start();
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleetsne::comm
