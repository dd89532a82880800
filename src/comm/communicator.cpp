#include "fleetsne/comm/communicator.hpp"

#include "fleetsne/comm/patience.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace fleetsne::comm {
namespace {

std::size_t limit_bytes = std::size_t{1} << 30;
constexpr int exchange_tag = 17;

MPI_Op operation_of(Reduction operation) {
  switch (operation) {
    case Reduction::sum:
      return MPI_SUM;
    case Reduction::min:
      return MPI_MIN;
    case Reduction::max:
      return MPI_MAX;
  }
  return MPI_OP_NULL;
}

/// MPI counts are int: every count below the message limit fits by construction, this checks it all the same.
int checked_count(std::size_t count) {
  FLEETSNE_EXPECT(count <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(count);
}

/// Calls piece(first byte, bytes) for consecutive pieces of at most the message limit.
template <class Piece>
void in_pieces(std::size_t bytes, Piece&& piece) {
  for (std::size_t at = 0; at < bytes;) {
    const std::size_t now = std::min(bytes - at, limit_bytes);
    piece(at, now);
    at += now;
  }
}

}  // namespace

Communicator Communicator::world() {
  return Communicator(MPI_COMM_WORLD);
}
Communicator Communicator::self() {
  return Communicator(MPI_COMM_SELF);
}

Communicator::Communicator(MPI_Comm other) {
  const Waiting waiting;
  MPI_Comm_dup(other, &handle_);
  MPI_Comm_rank(handle_, &rank_);
  MPI_Comm_size(handle_, &size_);
}

Communicator::Communicator(Communicator&& other) noexcept
    : handle_(std::exchange(other.handle_, MPI_COMM_NULL)),
      rank_(other.rank_),
      size_(other.size_),
      traffic_(other.traffic_) {}

Communicator::~Communicator() {
  const Waiting waiting;
  if (handle_ != MPI_COMM_NULL) MPI_Comm_free(&handle_);
}

std::size_t Communicator::message_limit() {
  return limit_bytes;
}
void Communicator::set_message_limit(std::size_t bytes) {
  limit_bytes = std::max<std::size_t>(bytes, 64);
}

void Communicator::count_traffic(const Traffic& more) const {
  traffic_.bytes_sent += more.bytes_sent;
  traffic_.bytes_received += more.bytes_received;
  traffic_.messages += more.messages;
}

void Communicator::barrier() const {
  const Waiting waiting;
  MPI_Barrier(handle_);
}

void Communicator::broadcast_bytes(void* data, std::size_t bytes, Rank root) const {
  const Waiting waiting;
  in_pieces(bytes, [&](std::size_t at, std::size_t now) {
    MPI_Bcast(static_cast<char*>(data) + at, checked_count(now), MPI_BYTE, root, handle_);
  });
  const auto n = static_cast<std::int64_t>(bytes);
  if (size_ > 1) count_traffic(rank_ == root ? Traffic{n, 0, 1} : Traffic{0, n, 1});
}

std::string Communicator::broadcast(const std::string& text, Rank root) const {
  std::string result(broadcast(text.size(), root), '\0');
  if (rank_ == root) result = text;
  broadcast(std::span<char>(result), root);
  return result;
}

void Communicator::all_gather_bytes(const void* one, void* all, std::size_t bytes_each) const {
  const Waiting waiting;
  MPI_Allgather(one, checked_count(bytes_each), MPI_BYTE, all, checked_count(bytes_each), MPI_BYTE, handle_);
  const auto n = static_cast<std::int64_t>(bytes_each) * (size_ - 1);
  count_traffic({n, n, size_ > 1 ? 1 : 0});
}

void Communicator::reduce_elements(void* data, std::size_t count, std::size_t element_bytes,
                                   MPI_Datatype type, Reduction operation) const {
  const Waiting waiting;
  const std::size_t step = std::max<std::size_t>(limit_bytes / element_bytes, 1);
  for (std::size_t at = 0; at < count; at += step) {
    MPI_Allreduce(MPI_IN_PLACE, static_cast<char*>(data) + at * element_bytes,
                  checked_count(std::min(step, count - at)), type, operation_of(operation), handle_);
  }
  const auto n = static_cast<std::int64_t>(2 * count * element_bytes) * (size_ - 1) / size_;
  count_traffic({n, n, size_ > 1 ? 1 : 0});
}

void Communicator::reduce_elements_to(void* data, std::size_t count, std::size_t element_bytes,
                                      MPI_Datatype type, Reduction operation, Rank root) const {
  const Waiting waiting;
  const std::size_t step = std::max<std::size_t>(limit_bytes / element_bytes, 1);
  for (std::size_t at = 0; at < count; at += step) {
    char* piece = static_cast<char*>(data) + at * element_bytes;
    const int now = checked_count(std::min(step, count - at));
    if (rank_ == root) {
      MPI_Reduce(MPI_IN_PLACE, piece, now, type, operation_of(operation), root, handle_);
    } else {
      MPI_Reduce(piece, nullptr, now, type, operation_of(operation), root, handle_);
    }
  }
  const auto n = static_cast<std::int64_t>(count * element_bytes);
  if (size_ > 1) count_traffic(rank_ == root ? Traffic{0, n, 1} : Traffic{n, 0, 1});
}

bool Communicator::all_equal(std::int64_t value) const {
  std::int64_t both[2] = {-value, value};
  all_reduce(std::span<std::int64_t>(both), Reduction::max);
  return -both[0] == both[1];
}

void Communicator::all_to_all_bytes(const void* values, void* from, std::size_t bytes_each) const {
  const Waiting waiting;
  MPI_Alltoall(values, checked_count(bytes_each), MPI_BYTE, from, checked_count(bytes_each), MPI_BYTE,
               handle_);
  const auto n = static_cast<std::int64_t>(bytes_each) * (size_ - 1);
  count_traffic({n, n, size_ > 1 ? 1 : 0});
}

std::vector<std::size_t> Communicator::exchange_counts(std::span<const std::size_t> send_counts) const {
  std::vector<std::size_t> receive(static_cast<std::size_t>(size_));
  all_to_all(send_counts, std::span<std::size_t>(receive));
  return receive;
}

void Communicator::exchange_bytes(const void* send, std::span<const std::size_t> send_counts, void* receive,
                                  std::span<const std::size_t> receive_counts, std::size_t bytes_each) const {
  requests_.clear();
  Traffic moved;
  auto* in = static_cast<char*>(receive);
  for (Rank r = 0; r < size_; ++r) {
    const std::size_t bytes = receive_counts[static_cast<std::size_t>(r)] * bytes_each;
    if (r != rank_) {
      in_pieces(bytes, [&](std::size_t at, std::size_t now) {
        MPI_Irecv(in + at, checked_count(now), MPI_BYTE, r, exchange_tag, handle_, &requests_.emplace_back());
      });
      moved.bytes_received += static_cast<std::int64_t>(bytes);
    }
    in += bytes;
  }
  const auto* out = static_cast<const char*>(send);
  in = static_cast<char*>(receive);
  for (Rank r = 0; r < size_; ++r) {
    const std::size_t bytes = send_counts[static_cast<std::size_t>(r)] * bytes_each;
    if (r != rank_) {
      in_pieces(bytes, [&](std::size_t at, std::size_t now) {
        MPI_Isend(out + at, checked_count(now), MPI_BYTE, r, exchange_tag, handle_,
                  &requests_.emplace_back());
        ++moved.messages;
      });
      moved.bytes_sent += static_cast<std::int64_t>(bytes);
    } else if (bytes > 0) {
      std::size_t before = 0;
      for (Rank s = 0; s < rank_; ++s) before += receive_counts[static_cast<std::size_t>(s)];
      std::memcpy(in + before * bytes_each, out, bytes);
    }
    out += bytes;
  }
  const Waiting waiting;
  MPI_Waitall(checked_count(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
  count_traffic(moved);
}

}  // namespace fleetsne::comm
