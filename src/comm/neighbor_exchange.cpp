#include "fleetsne/comm/neighbor_exchange.hpp"

#include "fleetsne/comm/patience.hpp"

#include <algorithm>
#include <vector>

namespace fleetsne::comm {
namespace {

constexpr int neighbor_tag = 18;

}  // namespace

struct NeighborExchange::State {
  const Communicator* comm;
  std::vector<MPI_Request> requests;  // persistent, receives first
  Traffic per_use;
  bool under_way = false;

  ~State() {
    const Waiting waiting;
    if (under_way) MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
    for (MPI_Request& request : requests) MPI_Request_free(&request);
  }
};

NeighborExchange::NeighborExchange(const Communicator& comm, std::span<const std::byte> send,
                                   std::span<const std::size_t> send_counts, std::span<std::byte> receive,
                                   std::span<const std::size_t> receive_counts, std::size_t bytes_each)
    : state_(std::make_unique<State>()) {
  state_->comm = &comm;
  const std::size_t limit = Communicator::message_limit();
  const auto pieces = [&](std::size_t bytes, auto&& make) {
    for (std::size_t at = 0; at < bytes; at += limit) make(at, static_cast<int>(std::min(limit, bytes - at)));
  };
  std::size_t offset = 0;
  for (Rank r = 0; r < comm.size(); ++r) {
    const std::size_t bytes = receive_counts[static_cast<std::size_t>(r)] * bytes_each;
    FLEETSNE_EXPECT(r != comm.rank() || bytes == 0);
    pieces(bytes, [&](std::size_t at, int count) {
      MPI_Recv_init(receive.data() + offset + at, count, MPI_BYTE, r, neighbor_tag, comm.handle(),
                    &state_->requests.emplace_back());
    });
    offset += bytes;
    state_->per_use.bytes_received += static_cast<std::int64_t>(bytes);
  }
  offset = 0;
  for (Rank r = 0; r < comm.size(); ++r) {
    const std::size_t bytes = send_counts[static_cast<std::size_t>(r)] * bytes_each;
    pieces(bytes, [&](std::size_t at, int count) {
      MPI_Send_init(send.data() + offset + at, count, MPI_BYTE, r, neighbor_tag, comm.handle(),
                    &state_->requests.emplace_back());
      ++state_->per_use.messages;
    });
    offset += bytes;
    state_->per_use.bytes_sent += static_cast<std::int64_t>(bytes);
  }
}

NeighborExchange::~NeighborExchange() = default;
NeighborExchange::NeighborExchange(NeighborExchange&&) noexcept = default;
NeighborExchange& NeighborExchange::operator=(NeighborExchange&&) noexcept = default;

void NeighborExchange::start() {
  if (state_->requests.empty()) return;  // Open MPI refuses to start none
  MPI_Startall(static_cast<int>(state_->requests.size()), state_->requests.data());
  state_->under_way = true;
}

void NeighborExchange::finish() {
  if (state_->requests.empty()) return;
  const Waiting waiting;
  MPI_Waitall(static_cast<int>(state_->requests.size()), state_->requests.data(), MPI_STATUSES_IGNORE);
  state_->under_way = false;
  state_->comm->count_traffic(state_->per_use);
}

}  // namespace fleetsne::comm
