#include "fleetsne/io/dataset_digest.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include "stored_tiles.hpp"
#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::io {
namespace {

/// Of rows [begin, end).
template <class T>
std::uint64_t share_of(affinity::Dataset& dataset, hid_t type, std::int64_t begin, std::int64_t end,
                       std::size_t columns) {
  const auto step = static_cast<std::int64_t>(rows_per_transfer(columns * sizeof(T)));
  base::Matrix<T> rows(static_cast<std::size_t>(std::min(step, end - begin)), columns);
  std::uint64_t sum = 0;
  for (std::int64_t at = begin; at < end; at += step) {
    const std::int64_t count = std::min(step, end - at);
    dataset.read(at, count, type, rows.elements().data());
    sum += data::digest_share(
        at,
        base::MatrixView<const T>(rows.elements().data(), static_cast<std::size_t>(count), columns, columns));
  }
  return sum;
}

}  // namespace

MatrixDigest digest_of_dataset(const comm::Communicator& comm, const std::string& path,
                               const std::string& name, Element element) {
  MatrixDigest result = comm::agree(comm, [&] {
    const hdf5::Guard guard(base::ErrorKind::input, path);
    const hdf5::Handle file = hdf5::open_file(guard);
    const hdf5::Handle opened = hdf5::open_dataset(guard, file.get(), name);
    const auto shape = hdf5::extents(guard, opened.get());
    if (shape.size() != 2 || shape[1] < 1)
      throw base::InputError(fmt::format(
          "{}: {} is no matrix (it is damaged, or of another program). Name another file", path, name));
    hdf5::expect_stored(guard, opened.get(), name);
    const auto blocks = data::RowDistribution::balanced(shape[0], comm.size());
    const std::int64_t begin = blocks.begin(comm.rank()), end = blocks.end(comm.rank());
    const auto columns = static_cast<std::size_t>(shape[1]);
    affinity::Dataset dataset(guard, file.get(), name);
    const std::uint64_t share = element == Element::float32
                                    ? share_of<float>(dataset, H5T_NATIVE_FLOAT, begin, end, columns)
                                    : share_of<std::int64_t>(dataset, H5T_NATIVE_INT64, begin, end, columns);
    return MatrixDigest{.rows = shape[0], .columns = shape[1], .digest = share};
  });
  result.digest = comm.all_reduce(result.digest, comm::Reduction::sum);
  return result;
}

std::string digest_text(std::uint64_t digest) {
  return fmt::format("{:016x}", digest);
}

}  // namespace fleetsne::io
