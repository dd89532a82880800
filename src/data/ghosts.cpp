#include "fleetsne/data/ghosts.hpp"

#include <algorithm>

namespace fleetsne::data {
namespace {

struct SendPlan {
  std::vector<LocalIndex> rows;
  std::vector<std::size_t> send_counts, receive_counts;
};

SendPlan plan_sends(const comm::Communicator& comm, const RowDistribution& rows, const Ghosts& ghosts) {
  SendPlan plan;
  plan.receive_counts.assign(static_cast<std::size_t>(comm.size()), 0);
  for (const GlobalIndex id : ghosts.ids()) ++plan.receive_counts[static_cast<std::size_t>(rows.owner(id))];
  const auto wanted = comm.exchange(ghosts.ids(), plan.receive_counts);
  plan.send_counts = wanted.counts;
  const GlobalIndex begin = rows.begin(comm.rank());
  for (const GlobalIndex id : wanted.values) plan.rows.push_back(static_cast<LocalIndex>(id - begin));
  return plan;
}

}  // namespace

Ghosts::Ghosts(const RowDistribution& rows, Rank rank, std::vector<GlobalIndex> referenced)
    : begin_(rows.begin(rank)), end_(rows.end(rank)), ids_(std::move(referenced)) {
  std::erase_if(ids_, [&](GlobalIndex id) { return id >= begin_ && id < end_; });
  std::ranges::sort(ids_);
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  ids_.shrink_to_fit();
}

LocalIndex Ghosts::column(GlobalIndex row) const {
  if (row >= begin_ && row < end_) return static_cast<LocalIndex>(row - begin_);
  const auto at = std::ranges::lower_bound(ids_, row);
  FLEETSNE_EXPECT(at != ids_.end() && *at == row);
  return static_cast<LocalIndex>(end_ - begin_ + (at - ids_.begin()));
}

GlobalIndex Ghosts::row(LocalIndex column) const {
  const GlobalIndex local = end_ - begin_;
  return column < local ? begin_ + column : ids_[static_cast<std::size_t>(column - local)];
}

Halo::Halo(const comm::Communicator& comm, const RowDistribution& rows, const Ghosts& ghosts,
           std::size_t width)
    : width_(width), exchange_([&] {
        SendPlan plan = plan_sends(comm, rows, ghosts);
        send_rows_ = std::move(plan.rows);
        send_.resize(send_rows_.size() * width);
        receive_.resize(ghosts.count() * width);
        return comm::NeighborExchange(comm, std::as_bytes(std::span<const float>(send_)), plan.send_counts,
                                      std::as_writable_bytes(std::span<float>(receive_)), plan.receive_counts,
                                      width * sizeof(float));
      }()) {}

void Halo::start(std::span<const float> local) {
  for (std::size_t i = 0; i < send_rows_.size(); ++i) {
    std::copy_n(local.data() + static_cast<std::size_t>(send_rows_[i]) * width_, width_,
                send_.data() + i * width_);
  }
  exchange_.start();
}

std::span<const float> Halo::finish() {
  exchange_.finish();
  return receive_;
}

}  // namespace fleetsne::data
