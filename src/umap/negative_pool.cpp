#include "negative_pool.hpp"

#include <algorithm>

namespace fleetsne::umap {

NegativePool::NegativePool(const comm::Communicator& comm, const data::RowDistribution& rows,
                           std::uint64_t seed)
    : comm_(comm),
      begin_(rows.begin(comm.rank())),
      end_(rows.end(comm.rank())),
      total_(rows.total()),
      random_(seed, base::Stream::negatives),
      pool_(2 * stride) {}

void NegativePool::refresh(std::span<const float> positions, std::uint32_t draw) {
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < size; ++i) {
    const auto id = static_cast<base::GlobalIndex>(random_.uniform(static_cast<base::GlobalIndex>(i), draw) *
                                                   static_cast<double>(total_));
    const bool mine = id >= begin_ && id < end_;
    const auto at = mine ? 2 * static_cast<std::size_t>(id - begin_) : 0;
    pool_[i] = mine ? positions[at] : 0;
    pool_[stride + i] = mine ? positions[at + 1] : 0;
  }
  // All but one are zero, so the sum is exact.
  if (comm_.size() > 1) comm_.all_reduce(std::span<float>(pool_), comm::Reduction::sum);
  std::copy_n(pool_.begin(), group_size, pool_.begin() + size);
  std::copy_n(pool_.begin() + stride, group_size, pool_.begin() + stride + size);
}

}  // namespace fleetsne::umap
