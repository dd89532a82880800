#include "fleetsne/data/digest.hpp"

#include <xxhash.h>

namespace fleetsne::data {

std::uint64_t digest(const comm::Communicator& comm, const DistributedMatrix<float>& rows) {
  return digest(comm, rows.rows, rows.local.view());
}

std::uint64_t digest(const comm::Communicator& comm, const RowDistribution& rows,
                     base::MatrixView<const float> block) {
  return comm.all_reduce(digest_share(rows.begin(comm.rank()), block), comm::Reduction::sum);
}

template <class T>
std::uint64_t digest_share(base::GlobalIndex first, base::MatrixView<const T> rows) {
  const auto count = static_cast<std::int64_t>(rows.rows());
  const std::size_t bytes = rows.columns() * sizeof(T);
  const auto begin = static_cast<std::uint64_t>(first);
  std::uint64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = static_cast<std::size_t>(i);
    sum += XXH3_64bits_withSeed(rows.row(row).data(), bytes, begin + row);
  }
  return sum;
}

template std::uint64_t digest_share(base::GlobalIndex, base::MatrixView<const float>);
template std::uint64_t digest_share(base::GlobalIndex, base::MatrixView<const std::int64_t>);

}  // namespace fleetsne::data
