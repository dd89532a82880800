#pragma once

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/ids.hpp"

#include <mpi.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace fleetsne::comm {

using base::Rank;

/// Bytes and messages that this rank has handed to MPI. Point-to-point payloads are exact; a collective over
/// n bytes and P ranks counts what a bandwidth-optimal algorithm moves (all-reduce 2n(P-1)/P, gather to all
/// the others' n, broadcast n), since the library does not tell which one it chose.
struct Traffic {
  std::int64_t bytes_sent = 0, bytes_received = 0, messages = 0;
  friend Traffic operator-(Traffic a, Traffic b) {
    return {a.bytes_sent - b.bytes_sent, a.bytes_received - b.bytes_received, a.messages - b.messages};
  }
};

enum class Reduction { sum, min, max };

template <class T>
concept Reducible = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> ||
    std::same_as<T, std::uint32_t> || std::same_as<T, std::int64_t> || std::same_as<T, std::uint64_t>;

template <class T>
concept Sendable = std::is_trivially_copyable_v<T>;

/// Values of all ranks in rank order, `counts[r]` of them from rank r.
template <class T>
struct Gathered {
  std::vector<T> values;
  std::vector<std::size_t> counts;
};

/// A group of ranks. Owns a duplicate of the MPI communicator, so that messages never mix with others'.
/// Every member that sends is collective. No message is larger than `message_limit()` bytes, whatever the
/// size of the data (an 8-byte count for each rank excepted).
class Communicator {
 public:
  /// All ranks of the program. Collective.
  static Communicator world();
  /// A group of this process alone.
  static Communicator self();
  explicit Communicator(MPI_Comm other);
  ~Communicator();
  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&&) = delete;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  Rank rank() const { return rank_; }
  int size() const { return size_; }
  /// For HDF5 and FFTW, which want the communicator itself.
  MPI_Comm handle() const { return handle_; }

  void barrier() const;

  template <Sendable T>
  void broadcast(std::span<T> values, Rank root) const {
    broadcast_bytes(values.data(), values.size_bytes(), root);
  }
  template <Sendable T>
  T broadcast(T value, Rank root) const {
    broadcast_bytes(&value, sizeof(T), root);
    return value;
  }
  std::string broadcast(const std::string& text, Rank root) const;

  /// Element-wise over ranks, in place; the same bits on every rank. From run to run, too, with the same MPI
  /// library, ranks and placement: the standard advises that, and rank_counts in tests/run checks it.
  template <Reducible T>
  void all_reduce(std::span<T> values, Reduction operation) const {
    reduce_elements(values.data(), values.size(), sizeof(T), datatype<T>(), operation);
  }
  template <Reducible T>
  T all_reduce(T value, Reduction operation) const {
    all_reduce(std::span<T>(&value, 1), operation);
    return value;
  }
  /// Element-wise over ranks, in place on `root`; the other ranks' values are left as they were.
  template <Reducible T>
  void reduce(std::span<T> values, Reduction operation, Rank root) const {
    reduce_elements_to(values.data(), values.size(), sizeof(T), datatype<T>(), operation, root);
  }

  /// One value of every rank, in rank order.
  template <Sendable T>
  std::vector<T> all_gather(const T& value) const {
    std::vector<T> all(static_cast<std::size_t>(size_));
    all_gather_bytes(&value, all.data(), sizeof(T));
    return all;
  }
  /// The same into `all`, one for each rank, which the caller keeps.
  template <Sendable T>
  void all_gather_into(const T& value, std::span<T> all) const {
    FLEETSNE_EXPECT(all.size() == static_cast<std::size_t>(size_));
    all_gather_bytes(&value, all.data(), sizeof(T));
  }
  /// The values of every rank, in rank order, on every rank. O(total) memory on each.
  template <Sendable T>
  Gathered<T> all_gather(std::span<const T> values) const {
    Gathered<T> result;
    result.counts = all_gather(values.size());
    result.values.resize(std::accumulate(result.counts.begin(), result.counts.end(), std::size_t{0}));
    all_gather_into(values, std::span<const std::size_t>(result.counts), std::span<T>(result.values));
    return result;
  }

  /// The same for a caller that knows the counts and keeps the buffer.
  template <Sendable T>
  void all_gather_into(std::span<const T> values, std::span<const std::size_t> counts,
                       std::span<T> all) const {
    std::size_t at = 0;
    for (Rank r = 0; r < size_; ++r) {
      const std::span<T> part = all.subspan(at, counts[static_cast<std::size_t>(r)]);
      if (r == rank_) std::copy(values.begin(), values.end(), part.begin());
      broadcast_bytes(part.data(), part.size_bytes(), r);
      at += part.size();
    }
  }

  /// values[r] travels to rank r, from[r] is what rank r had for this one. For records of a few bytes: every
  /// pair of ranks exchanges one.
  template <Sendable T>
  void all_to_all(std::span<const T> values, std::span<T> from) const {
    FLEETSNE_EXPECT(values.size() == static_cast<std::size_t>(size_) && from.size() == values.size());
    all_to_all_bytes(values.data(), from.data(), sizeof(T));
  }

  /// Values sorted by destination, `send_counts[r]` of them for rank r, travel; what arrives is in rank
  /// order. Only ranks that have something for each other exchange messages.
  template <Sendable T>
  Gathered<T> exchange(std::span<const T> values, std::span<const std::size_t> send_counts) const {
    FLEETSNE_EXPECT(send_counts.size() == static_cast<std::size_t>(size_));
    FLEETSNE_EXPECT(std::accumulate(send_counts.begin(), send_counts.end(), std::size_t{0}) == values.size());
    Gathered<T> result;
    result.counts = exchange_counts(send_counts);
    result.values.resize(std::accumulate(result.counts.begin(), result.counts.end(), std::size_t{0}));
    exchange_bytes(values.data(), send_counts, result.values.data(), result.counts, sizeof(T));
    return result;
  }
  /// The same for a caller that knows what arrives and keeps the buffer: no counts travel, and once the
  /// messages are as many as ever nothing is allocated.
  template <Sendable T>
  void exchange_into(std::span<const T> values, std::span<const std::size_t> send_counts,
                     std::span<T> receive, std::span<const std::size_t> receive_counts) const {
    FLEETSNE_EXPECT(send_counts.size() == static_cast<std::size_t>(size_));
    FLEETSNE_EXPECT(receive_counts.size() == static_cast<std::size_t>(size_));
    exchange_bytes(values.data(), send_counts, receive.data(), receive_counts, sizeof(T));
  }
  /// The same for rows of `row_elements` values; counts are in rows.
  template <Sendable T>
  Gathered<T> exchange_rows(std::span<const T> values, std::size_t row_elements,
                            std::span<const std::size_t> send_rows) const {
    Gathered<T> result;
    result.counts = exchange_counts(send_rows);
    result.values.resize(std::accumulate(result.counts.begin(), result.counts.end(), std::size_t{0}) *
                         row_elements);
    exchange_bytes(values.data(), send_rows, result.values.data(), result.counts, sizeof(T) * row_elements);
    return result;
  }

  /// Whether all ranks passed the same value: one reduction of {-x, x}.
  bool all_equal(std::int64_t value) const;

  const Traffic& traffic() const { return traffic_; }
  void count_traffic(const Traffic& more) const;

  /// Largest number of bytes handed to one MPI call; the default is 1 GiB.
  static std::size_t message_limit();
  static void set_message_limit(std::size_t bytes);

 private:
  template <class T>
  static MPI_Datatype datatype() {
    if constexpr (std::same_as<T, float>) return MPI_FLOAT;
    if constexpr (std::same_as<T, double>) return MPI_DOUBLE;
    if constexpr (std::same_as<T, std::int32_t>) return MPI_INT32_T;
    if constexpr (std::same_as<T, std::uint32_t>) return MPI_UINT32_T;
    if constexpr (std::same_as<T, std::int64_t>) return MPI_INT64_T;
    if constexpr (std::same_as<T, std::uint64_t>) return MPI_UINT64_T;
  }
  void broadcast_bytes(void* data, std::size_t bytes, Rank root) const;
  void all_gather_bytes(const void* one, void* all, std::size_t bytes_each) const;
  void all_to_all_bytes(const void* values, void* from, std::size_t bytes_each) const;
  void reduce_elements(void* data, std::size_t count, std::size_t element_bytes, MPI_Datatype type,
                       Reduction operation) const;
  void reduce_elements_to(void* data, std::size_t count, std::size_t element_bytes, MPI_Datatype type,
                          Reduction operation, Rank root) const;
  std::vector<std::size_t> exchange_counts(std::span<const std::size_t> send_counts) const;
  void exchange_bytes(const void* send, std::span<const std::size_t> send_counts, void* receive,
                      std::span<const std::size_t> receive_counts, std::size_t bytes_each) const;

  MPI_Comm handle_ = MPI_COMM_NULL;
  Rank rank_ = 0;
  int size_ = 1;
  mutable Traffic traffic_;
  mutable std::vector<MPI_Request> requests_;  // of an exchange; kept so that the next allocates none
};

}  // namespace fleetsne::comm
