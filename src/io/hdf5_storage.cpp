#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/hdf5_filters.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace fleetsne::io::hdf5 {
namespace {

constexpr const char* damaged = "has a damaged dataset";

double product(const std::vector<std::int64_t>& shape) {
  double result = 1;
  for (const std::int64_t extent : shape) result *= static_cast<double>(extent);
  return result;
}

/// Whether every chunk is there, so that none is read as zeros that nobody wrote.
bool all_chunks_stored(const Guard& guard, hid_t dataset, hid_t creation,
                       const std::vector<std::int64_t>& shape) {
  std::vector<hsize_t> chunk(shape.size());
  guard.check(H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), damaged);
  double wanted = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto extent = static_cast<hsize_t>(shape[d]);
    if (chunk[d] == 0) guard.fail(damaged);
    const auto chunks = extent / chunk[d] + (extent % chunk[d] != 0 ? 1 : 0);
    wanted *= static_cast<double>(chunks);
  }
  hsize_t stored = 0;
  const Handle space = guard.own(H5Dget_space(dataset), H5Sclose, damaged);
  guard.check(H5Dget_num_chunks(dataset, space.get(), &stored), damaged);
  return static_cast<double>(stored) >= wanted;
}

bool is_stored(const Guard& guard, hid_t dataset, hid_t creation, const std::vector<std::int64_t>& shape,
               double wanted) {
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(guard.file()));
  const auto bytes = static_cast<double>(H5Dget_storage_size(dataset));
  if (bytes > file_bytes || wanted > bytes * max_expansion(creation)) return false;
  switch (H5Pget_layout(creation)) {
    case H5D_CHUNKED:
      return all_chunks_stored(guard, dataset, creation, shape);
    case H5D_CONTIGUOUS: {
      const haddr_t offset = H5Dget_offset(dataset);
      return offset != HADDR_UNDEF && static_cast<double>(offset) + bytes <= file_bytes;
    }
    default:
      return true;
  }
}

}  // namespace

void expect_stored(const Guard& guard, hid_t dataset, const std::string& name) {
  const Handle creation = guard.own(H5Dget_create_plist(dataset), H5Pclose, damaged);
  const Handle type = guard.own(H5Dget_type(dataset), H5Tclose, "has a dataset without a type");
  expect_filters(guard, creation.get(), name);
  const std::vector<std::int64_t> shape = extents(guard, dataset);
  const double elements = product(shape), wanted = elements * static_cast<double>(H5Tget_size(type.get()));
  const bool elsewhere =
      H5Pget_layout(creation.get()) == H5D_VIRTUAL || H5Pget_external_count(creation.get()) > 0;
  // Of what is in other files only this can be said: that they could be that large.
  constexpr double most_bytes = 0x1p50;
  if (elements == 0 ||
      (elsewhere ? wanted <= most_bytes : is_stored(guard, dataset, creation.get(), shape, wanted)))
    return;
  throw base::InputError(
      fmt::format("{}: {} is not all there ({} numbers or names do not fit into what is stored). The file is "
                  "truncated or was never finished: copy or make it anew",
                  guard.file(), name, shape.empty() ? "1" : fmt::format("{}", fmt::join(shape, " x "))));
}

}  // namespace fleetsne::io::hdf5
