#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"

#include "affinity_tiles.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

using affinity::damaged;

data::RowDistribution distribution(const std::string& path, const nlohmann::json& boundaries) {
  std::vector<base::GlobalIndex> counts;
  std::int64_t before = 0;
  for (std::size_t i = 1; i < boundaries.size(); ++i) {
    const auto end = boundaries[i].get<std::int64_t>();
    if (end < before) damaged(path, "its ranks' rows do not ascend");
    counts.push_back(end - before);
    before = end;
  }
  if (counts.empty() || before < 1) damaged(path, "it has no rows");
  return data::RowDistribution::of_counts(counts);
}

/// One dataset's extent, if it is as it must be.
std::int64_t extent(const hdf5::Guard& guard, hid_t file, const std::string& name, std::int64_t columns) {
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file, name);
  const auto shape = hdf5::extents(guard, dataset.get());
  const bool fits = columns == 0 ? shape.size() == 1 : shape.size() == 2 && shape[1] == columns;
  if (!fits) damaged(guard.file(), "its dataset " + name + " has another shape");
  hdf5::expect_stored(guard, dataset.get(), name);
  return shape[0];
}

AffinityHeader inspect(const std::string& path) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  if (detect_format(path) != Format::hdf5)
    throw base::InputError(
        path + " is not an HDF5 file (affinities are in one that fleetsne affinity wrote). Name that file");
  const hdf5::Handle file = hdf5::open_file(guard);
  if (H5Aexists(file.get(), "affinity_format") <= 0)
    throw base::InputError(fmt::format(
        "{} holds no affinities (it was not written by fleetsne affinity). Name one that was; it has {}",
        path, hdf5::list_datasets(file.get())));
  const std::uint64_t version = hdf5::read_number(guard, file.get(), "affinity_format");
  if (version != static_cast<std::uint64_t>(affinity::format_version))
    throw base::InputError(fmt::format(
        "{} has affinities of format {} (this program knows {}). Make it anew with fleetsne affinity", path,
        version, affinity::format_version));
  AffinityHeader header;
  header.path = path;
  try {
    const nlohmann::json described = nlohmann::json::parse(description::read(guard, file.get()));
    header.written = distribution(path, described.at("boundaries"));
    header.about = described.at("about");
  } catch (const nlohmann::json::exception&) {
    damaged(path, "its description cannot be understood");
  }
  const std::uint64_t coding = hdf5::read_number(guard, file.get(), "value_coding");
  if (coding > static_cast<std::uint64_t>(data::ValueCoding::uniform))
    damaged(path, "its values are coded in no known way");
  header.coding = static_cast<data::ValueCoding>(coding);
  header.entries = static_cast<std::int64_t>(hdf5::read_number(guard, file.get(), "entries"));
  header.tiles_digest = hdf5::read_number(guard, file.get(), "tiles_digest");
  header.input_digest = hdf5::read_number(guard, file.get(), "input_digest");
  header.tiles = extent(guard, file.get(), "tiles", affinity::record_fields);
  header.columns = extent(guard, file.get(), "columns", 0);
  header.bytes = extent(guard, file.get(), "bytes", 0);
  if (extent(guard, file.get(), "origins", 0) != header.rows() ||
      extent(guard, file.get(), "start", 2) != header.rows())
    damaged(path, "its datasets have different numbers of rows");
  return header;
}

}  // namespace

AffinityHeader inspect_affinities(const comm::Communicator& comm, const std::string& path) {
  AffinityHeader header;
  header.path = path;
  std::string text;
  std::int64_t numbers[5] = {};
  std::uint64_t digests[2] = {};
  comm::on_root(comm, [&] {
    header = inspect(path);
    nlohmann::json counts = nlohmann::json::array();
    for (int r = 0; r < header.written.ranks(); ++r) counts.push_back(header.written.count(r));
    text = nlohmann::json{{"counts", counts}, {"about", header.about}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::int64_t found[] = {static_cast<std::int64_t>(header.coding), header.entries, header.tiles,
                                  header.columns, header.bytes};
    std::ranges::copy(found, numbers);
    digests[0] = header.tiles_digest;
    digests[1] = header.input_digest;
  });
  text = comm.broadcast(text, 0);
  comm.broadcast(std::span<std::int64_t>(numbers), 0);
  comm.broadcast(std::span<std::uint64_t>(digests), 0);
  const nlohmann::json described = nlohmann::json::parse(text);
  header.written =
      data::RowDistribution::of_counts(described["counts"].get<std::vector<base::GlobalIndex>>());
  header.about = described["about"];
  header.coding = static_cast<data::ValueCoding>(numbers[0]);
  header.entries = numbers[1];
  header.tiles = numbers[2];
  header.columns = numbers[3];
  header.bytes = numbers[4];
  header.tiles_digest = digests[0];
  header.input_digest = digests[1];
  expect_readable_everywhere(comm, path);
  return header;
}

}  // namespace fleetsne::io
