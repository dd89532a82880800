#include "fleetsne/io/description.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/json_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace fleetsne::io::description {
namespace {

constexpr const char* dataset_name = "about";
constexpr const char* digest_name = "about_digest";

[[noreturn]] void damaged_description(const hdf5::Guard& guard, const char* what) {
  throw base::InputError(fmt::format(
      "{}: {} (it was cut short or changed since it was written). Make it anew", guard.file(), what));
}

}  // namespace

std::uint64_t digest(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void write(const hdf5::Guard& guard, hid_t file, const std::string& text) {
  const char* const problem = "cannot be written";
  const hsize_t size = text.size();
  const hdf5::Handle space = guard.own(H5Screate_simple(1, &size, nullptr), H5Sclose, problem);
  const hdf5::Handle dataset = guard.own(
      H5Dcreate2(file, dataset_name, H5T_STD_U8LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
      H5Dclose, problem);
  guard.check(H5Dwrite(dataset.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), problem);
  hdf5::write_number(guard, file, digest_name, digest(std::as_bytes(std::span(text))));
}

std::string read(const hdf5::Guard& guard, hid_t file) {
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file, dataset_name);
  const auto shape = hdf5::extents(guard, dataset.get());
  if (shape.size() != 1 || shape[0] > static_cast<std::int64_t>(most_json_bytes))
    damaged_description(guard, "its description has no sensible size");
  hdf5::expect_stored(guard, dataset.get(), dataset_name);
  std::string text(static_cast<std::size_t>(shape[0]), '\0');
  guard.check(H5Dread(dataset.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()),
              "has a description that cannot be read");
  if (digest(std::as_bytes(std::span(text))) != hdf5::read_number(guard, file, digest_name))
    damaged_description(guard, "its description does not fit its checksum");
  if (json_depth(text) > most_json_depth) damaged_description(guard, "its description is nested too deeply");
  return text;
}

}  // namespace fleetsne::io::description
