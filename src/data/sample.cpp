#include "fleetsne/data/sample.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace fleetsne::data {
namespace {

/// The largest random number of the sample: so many rows of all ranks have a smaller or equal one, at least.
std::uint64_t largest_key(const comm::Communicator& comm, std::int64_t local, std::int64_t size,
                          const auto& key) {
  std::uint64_t found = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t below = found | (std::uint64_t{1} << bit);
    std::int64_t smaller = 0;
#pragma omp parallel for schedule(static) reduction(+ : smaller)
    for (std::int64_t i = 0; i < local; ++i) smaller += key(i) < below ? 1 : 0;
    if (comm.all_reduce(smaller, comm::Reduction::sum) < size) found = below;
  }
  return found;
}

}  // namespace

std::vector<std::size_t> draw_sample(const comm::Communicator& comm, const RowDistribution& rows,
                                     std::size_t size, const base::Random& random) {
  const GlobalIndex begin = rows.begin(comm.rank());
  const std::int64_t local = rows.count(comm.rank());
  const auto key = [&](std::int64_t i) { return random.bits(begin + i); };
  std::vector<std::size_t> chosen;
  if (std::cmp_greater_equal(size, rows.total())) {
    chosen.resize(static_cast<std::size_t>(local));
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    return chosen;
  }
  const auto needed = static_cast<std::int64_t>(size);
  const std::uint64_t largest = largest_key(comm, local, needed, key);
  std::int64_t counts[2] = {0, 0};  // smaller, equal
  for (std::int64_t i = 0; i < local; ++i) {
    counts[0] += key(i) < largest ? 1 : 0;
    counts[1] += key(i) == largest ? 1 : 0;
  }
  // Of rows with equal numbers the first ones are taken.
  const auto equal = comm.all_gather(counts[1]);
  const std::int64_t smaller = comm.all_reduce(counts[0], comm::Reduction::sum);
  std::int64_t left =
      needed - smaller - std::accumulate(equal.begin(), equal.begin() + comm.rank(), std::int64_t{0});
  for (std::int64_t i = 0; i < local; ++i) {
    if (key(i) < largest || (key(i) == largest && left-- > 0)) chosen.push_back(static_cast<std::size_t>(i));
  }
  return chosen;
}

base::Matrix<float> pick_rows(const base::Matrix<float>& rows, std::span<const std::size_t> chosen) {
  auto result = base::padded_matrix<float>(chosen.size(), rows.columns());
  for (std::size_t i = 0; i < chosen.size(); ++i)
    std::ranges::copy(rows.row(chosen[i]), result.row(i).begin());
  return result;
}

DistributedMatrix<float> take_rows(const comm::Communicator& comm, const DistributedMatrix<float>& matrix,
                                   std::span<const std::size_t> chosen) {
  const auto counts = comm.all_gather(static_cast<std::int64_t>(chosen.size()));
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  std::int64_t next = std::accumulate(counts.begin(), counts.begin() + comm.rank(), std::int64_t{0});
  DistributedMatrix<float> result{RowDistribution::balanced(total, comm.size()), {}};
  const std::size_t width = matrix.columns();
  std::vector<std::size_t> send(static_cast<std::size_t>(comm.size()), 0);
  std::vector<float> packed;
  packed.reserve(chosen.size() * width);
  for (const std::size_t row : chosen) {
    ++send[static_cast<std::size_t>(result.rows.owner(next++))];
    const auto values = matrix.local.row(row);
    packed.insert(packed.end(), values.begin(), values.end());
  }
  const auto arrived = comm.exchange_rows(std::span<const float>(packed), width, send).values;
  const auto count = static_cast<std::size_t>(result.rows.count(comm.rank()));
  result.local = base::padded_matrix<float>(count, width);
  for (std::size_t i = 0; i < count; ++i)
    std::copy_n(arrived.begin() + static_cast<std::ptrdiff_t>(i * width), width, result.local.row(i).begin());
  return result;
}

}  // namespace fleetsne::data
