#include "fleetsne/data/permutation.hpp"

#include <algorithm>
#include <numeric>

namespace fleetsne::data {
namespace {

/// Positions 0..n-1 sorted by the rank that owns their input row, and how many each rank owns.
struct ByOwner {
  std::vector<std::size_t> order, counts;
};

ByOwner sort_by_owner(const Permutation& permutation, int ranks) {
  ByOwner result;
  const auto& origins = permutation.origins;
  std::vector<Rank> owner(origins.size());
  result.counts.assign(static_cast<std::size_t>(ranks), 0);
  for (std::size_t i = 0; i < origins.size(); ++i) {
    owner[i] = permutation.input.owner(origins[i]);
    ++result.counts[static_cast<std::size_t>(owner[i])];
  }
  result.order.resize(origins.size());
  std::iota(result.order.begin(), result.order.end(), std::size_t{0});
  std::stable_sort(result.order.begin(), result.order.end(),
                   [&](std::size_t a, std::size_t b) { return owner[a] < owner[b]; });
  return result;
}

std::vector<GlobalIndex> origins_in(const Permutation& permutation, const std::vector<std::size_t>& order) {
  std::vector<GlobalIndex> result(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[i] = permutation.origins[order[i]];
  return result;
}

}  // namespace

Permutation Permutation::identity(const RowDistribution& rows, Rank rank) {
  Permutation result{rows, rows, {}};
  result.origins.resize(static_cast<std::size_t>(rows.count(rank)));
  std::iota(result.origins.begin(), result.origins.end(), rows.begin(rank));
  return result;
}

template <class T>
base::Matrix<T> Permutation::to_input_order(const comm::Communicator& comm,
                                            base::MatrixView<const T> values) const {
  FLEETSNE_EXPECT(values.rows() == origins.size());
  const std::size_t columns = values.columns();
  const ByOwner by_owner = sort_by_owner(*this, comm.size());
  std::vector<T> packed(values.rows() * columns);
  for (std::size_t i = 0; i < values.rows(); ++i) {
    std::ranges::copy(values.row(by_owner.order[i]),
                      packed.begin() + static_cast<std::ptrdiff_t>(i * columns));
  }
  const auto ids =
      comm.exchange(std::span<const GlobalIndex>(origins_in(*this, by_owner.order)), by_owner.counts);
  const auto rows = comm.exchange_rows(std::span<const T>(packed), columns, by_owner.counts);
  base::Matrix<T> result(static_cast<std::size_t>(input.count(comm.rank())), columns);
  for (std::size_t i = 0; i < ids.values.size(); ++i) {
    const auto to = static_cast<std::size_t>(ids.values[i] - input.begin(comm.rank()));
    std::ranges::copy(std::span(rows.values).subspan(i * columns, columns), result.row(to).begin());
  }
  return result;
}

template <class T>
base::Matrix<T> Permutation::to_working_order(const comm::Communicator& comm,
                                              base::MatrixView<const T> values) const {
  FLEETSNE_EXPECT(values.rows() == static_cast<std::size_t>(input.count(comm.rank())));
  const std::size_t columns = values.columns();
  const ByOwner by_owner = sort_by_owner(*this, comm.size());
  const auto asked =
      comm.exchange(std::span<const GlobalIndex>(origins_in(*this, by_owner.order)), by_owner.counts);
  std::vector<T> packed(asked.values.size() * columns);
  for (std::size_t i = 0; i < asked.values.size(); ++i) {
    const auto from = static_cast<std::size_t>(asked.values[i] - input.begin(comm.rank()));
    std::ranges::copy(values.row(from), packed.begin() + static_cast<std::ptrdiff_t>(i * columns));
  }
  const auto rows = comm.exchange_rows(std::span<const T>(packed), columns, asked.counts);
  base::Matrix<T> result(origins.size(), columns);
  for (std::size_t i = 0; i < origins.size(); ++i) {
    std::ranges::copy(std::span(rows.values).subspan(i * columns, columns),
                      result.row(by_owner.order[i]).begin());
  }
  return result;
}

template base::Matrix<float> Permutation::to_input_order(const comm::Communicator&,
                                                         base::MatrixView<const float>) const;
template base::Matrix<float> Permutation::to_working_order(const comm::Communicator&,
                                                           base::MatrixView<const float>) const;
template base::Matrix<std::int32_t> Permutation::to_input_order(const comm::Communicator&,
                                                                base::MatrixView<const std::int32_t>) const;
template base::Matrix<std::int32_t> Permutation::to_working_order(const comm::Communicator&,
                                                                  base::MatrixView<const std::int32_t>) const;

}  // namespace fleetsne::data
