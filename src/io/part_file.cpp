#include "fleetsne/io/part_file.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/shared_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace fleetsne::io {
namespace {

constexpr const char* part_version_name = "part_format";
constexpr const char* part_complete_name = "complete";
constexpr std::uint64_t part_version = 1;
constexpr std::int64_t part_structure_bytes = 64 * 1024;  // of HDF5's own, at most

std::string text_of_digest(std::span<const std::byte> bytes) {
  return fmt::format("{:016x}", description::digest(bytes));
}

[[noreturn]] void damaged_part(const std::string& path, const std::string& what) {
  throw base::InputError(
      fmt::format("{}: {} (it was cut short or changed since it was written). Remove it", path, what));
}

/// Makes the file but for the bytes. @return where each part begins; there are none for empty ones
std::vector<std::int64_t> write_structure(const hdf5::Guard& guard, const std::string& path,
                                          std::span<const NamedBytes> parts, const std::string& about) {
  hdf5::Handle file = hdf5::create_file(guard, path, true);
  std::vector<std::int64_t> places;
  for (const NamedBytes& part : parts)
    places.push_back(
        part.bytes.empty()
            ? 0
            : hdf5::lay_out(guard, file.get(), part.name, H5T_STD_U8LE, {part.bytes.size()}).offset);
  description::write(guard, file.get(), about);
  hdf5::write_number(guard, file.get(), part_version_name, part_version);
  guard.check(file.reset() ? 0 : -1, "cannot be written");
  return places;
}

void mark_complete(const hdf5::Guard& guard, const std::string& path) {
  hdf5::Handle file = hdf5::reopen_file(guard, path);
  hdf5::write_number(guard, file.get(), part_complete_name, 1);
  guard.check(file.reset() ? 0 : -1, "cannot be completed");
}

void read_array(const hdf5::Guard& guard, hid_t file, const PartHeader::Array& array,
                std::span<std::byte> bytes) {
  if (!bytes.empty()) {
    const hdf5::Handle dataset = hdf5::open_dataset(guard, file, array.name);
    if (hdf5::extents(guard, dataset.get()) != std::vector<std::int64_t>{array.bytes})
      damaged_part(guard.file(), fmt::format("its {} have another size than it says", array.name));
    guard.check(H5Dread(dataset.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
                "cannot be read");
  }
  if (text_of_digest(bytes) != array.digest)
    damaged_part(guard.file(), fmt::format("its {} do not fit their checksum", array.name));
}

}  // namespace

void write_part(const std::string& path, std::span<const NamedBytes> parts, const nlohmann::json& about) {
  const hdf5::Guard guard(base::ErrorKind::io, path);
  nlohmann::json arrays = nlohmann::json::array();
  std::int64_t bytes = part_structure_bytes;
  for (const NamedBytes& part : parts) {
    arrays.push_back(
        {{"name", part.name}, {"bytes", part.bytes.size()}, {"digest", text_of_digest(part.bytes)}});
    bytes += static_cast<std::int64_t>(part.bytes.size());
  }
  const std::string text = nlohmann::json{{"arrays", arrays}, {"about", about}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  PartialFile partial(path);
  partial.reserve(bytes + static_cast<std::int64_t>(text.size()));  // a probe, see write_anndata
  const auto places = write_structure(guard, partial.partial_path(), parts, text);
  partial.reserve(static_cast<std::int64_t>(std::filesystem::file_size(partial.partial_path())));
  const auto alone = comm::Communicator::self();
  SharedFile file(alone, partial.partial_path(), path);
  for (std::size_t p = 0; p < parts.size(); ++p) file.write_at(places[p], parts[p].bytes);
  file.close();
  mark_complete(guard, partial.partial_path());
  partial.commit();
}

std::int64_t PartHeader::bytes() const {
  std::int64_t sum = 0;
  for (const Array& array : arrays) sum += array.bytes;
  return sum;
}

PartHeader inspect_part(const std::string& path) {
  if (detect_format(path) != Format::hdf5) damaged_part(path, "it is not an HDF5 file");
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (H5Aexists(file.get(), part_version_name) <= 0) damaged_part(path, "it is no part of a search");
  const std::uint64_t version = hdf5::read_number(guard, file.get(), part_version_name);
  if (version != part_version)
    throw base::InputError(fmt::format(
        "{} is part of a search in format {} (this program knows {}). Go on with the program that wrote it",
        path, version, part_version));
  if (H5Aexists(file.get(), part_complete_name) <= 0)
    throw base::InputError(path + " is not complete (it was being written when its run ended). Remove it");
  PartHeader header;
  header.path = path;
  try {
    const nlohmann::json described = nlohmann::json::parse(description::read(guard, file.get()));
    header.about = described.at("about");
    for (const auto& array : described.at("arrays"))
      header.arrays.push_back({array.at("name").get<std::string>(), array.at("bytes").get<std::int64_t>(),
                               array.at("digest").get<std::string>()});
  } catch (const nlohmann::json::exception&) {
    damaged_part(path, "it has a description that cannot be understood");
  }
  if (std::ranges::any_of(header.arrays, [](const auto& array) { return array.bytes < 0; }))
    damaged_part(path, "it says of an array that it has fewer than no bytes");
  return header;
}

void read_part(const PartHeader& header, std::span<const BytesToFill> parts) {
  const hdf5::Guard guard(base::ErrorKind::input, header.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  for (const BytesToFill& part : parts) {
    const auto array = std::ranges::find(header.arrays, part.name, &PartHeader::Array::name);
    if (array == header.arrays.end() || array->bytes != static_cast<std::int64_t>(part.bytes.size()))
      damaged_part(header.path, fmt::format("{} bytes of {} are not in it", part.bytes.size(), part.name));
    read_array(guard, file.get(), *array, part.bytes);
  }
}

void verify_part(const PartHeader& header) {
  const hdf5::Guard guard(base::ErrorKind::input, header.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  std::int64_t longest = 0;
  for (const auto& array : header.arrays) longest = std::max(longest, array.bytes);
  if (longest > static_cast<std::int64_t>(std::filesystem::file_size(header.path)))
    damaged_part(header.path, "it is shorter than it says");
  std::vector<std::byte> bytes(static_cast<std::size_t>(longest));
  for (const auto& array : header.arrays)
    read_array(guard, file.get(), array, std::span(bytes).first(static_cast<std::size_t>(array.bytes)));
}

}  // namespace fleetsne::io
