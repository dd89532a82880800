#include "hdf5_storage.hpp"

#include "fleetsne/io/hdf5_filters.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace fleetsne::io::hdf5 {
namespace {

constexpr const char* damaged_storage = "has a damaged dataset";

double product(const std::vector<std::int64_t>& shape) {
  double result = 1;
  for (const std::int64_t extent : shape) result *= static_cast<double>(extent);
  return result;
}

/// Whether every chunk is there, so that none is read as zeros that nobody wrote.
bool all_chunks_stored(const Guard& guard, hid_t dataset, hid_t creation,
                       const std::vector<std::int64_t>& shape) {
  std::vector<hsize_t> chunk(shape.size());
  guard.check(H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), damaged_storage);
  double wanted = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto extent = static_cast<hsize_t>(shape[d]);
    if (chunk[d] == 0) guard.fail(damaged_storage);
    const auto chunks = extent / chunk[d] + (extent % chunk[d] != 0 ? 1 : 0);
    wanted *= static_cast<double>(chunks);
  }
  hsize_t stored = 0;
  const Handle space = guard.own(H5Dget_space(dataset), H5Sclose, damaged_storage);
  guard.check(H5Dget_num_chunks(dataset, space.get(), &stored), damaged_storage);
  return static_cast<double>(stored) >= wanted;
}

/// The file that a dataset is in: another than was opened if a link leads there.
std::string holder_of(const Guard& guard, hid_t dataset) {
  const ssize_t length = guard.check(H5Fget_name(dataset, nullptr, 0), damaged_storage);
  std::string name(static_cast<std::size_t>(length) + 1, '\0');
  guard.check(H5Fget_name(dataset, name.data(), name.size()), damaged_storage);
  name.pop_back();
  return name;
}

/// @param holder  the file that the dataset is in
bool is_stored(const Guard& guard, const std::string& holder, hid_t dataset, hid_t creation,
               const std::vector<std::int64_t>& shape, double wanted) {
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(holder));
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

std::vector<std::string> expect_stored_somewhere(const Guard& guard, hid_t dataset, const std::string& name,
                                                 int depth) {
  const Handle creation = guard.own(H5Dget_create_plist(dataset), H5Pclose, damaged_storage);
  const Handle type = guard.own(H5Dget_type(dataset), H5Tclose, "has a dataset without a type");
  expect_filters(guard, creation.get(), name);
  const Elsewhere data{
      guard, dataset, creation.get(), name, extents(guard, dataset), holder_of(guard, dataset), depth};
  const double elements = product(data.shape),
               bytes = elements * static_cast<double>(H5Tget_size(type.get()));
  std::vector<std::string> files;
  if (elements == 0) return files;
  if (H5Pget_layout(creation.get()) == H5D_VIRTUAL) {
    files = expect_sources(data);
  } else if (H5Pget_external_count(creation.get()) > 0) {
    files = expect_raw_files(data, bytes);
  } else if (!is_stored(guard, data.holder, dataset, creation.get(), data.shape, bytes)) {
    throw base::InputError(fmt::format(
        "{}: {} is not all there ({} numbers or names do not fit into what is stored). The file is truncated "
        "or was "
        "never finished: copy or write it again",
        guard.file(), name, data.shape.empty() ? "1" : fmt::format("{}", fmt::join(data.shape, " x "))));
  }
  if (data.holder != guard.file()) files.push_back(data.holder);
  return files;
}

void expect_stored(const Guard& guard, hid_t dataset, const std::string& name) {
  expect_stored_somewhere(guard, dataset, name);
}

}  // namespace fleetsne::io::hdf5
