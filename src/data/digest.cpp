#include "fleetsne/data/digest.hpp"

#include <xxhash.h>

namespace fleetsne::data {

std::uint64_t digest(const comm::Communicator& comm, const DistributedMatrix<float>& rows) {
  return digest(comm, rows.rows, rows.local.view());
}

std::uint64_t digest(const comm::Communicator& comm, const RowDistribution& rows,
                     base::MatrixView<const float> block) {
  const auto count = static_cast<std::int64_t>(block.rows());
  const std::size_t bytes = block.columns() * sizeof(float);
  const auto begin = static_cast<std::uint64_t>(rows.begin(comm.rank()));
  std::uint64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = static_cast<std::size_t>(i);
    sum += XXH3_64bits_withSeed(block.row(row).data(), bytes, begin + row);
  }
  return comm.all_reduce(sum, comm::Reduction::sum);
}

}  // namespace fleetsne::data
