// Affinity files. The first byte tells what the others are: the file itself, or its datasets, of which a file
// with right checksums is made.
#include "fleetsne/io/affinity_file.hpp"

#include "../../src/io/affinity_tiles.hpp"
#include "own_file.hpp"
#include "target.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using namespace fleetsne;
using namespace fleetsne::fuzz;
using io::affinity::TileRecord;

void read(const std::string& file) {
  expect_done_or_refused([&] {
    const io::AffinityHeader header = io::inspect_affinities(alone(), file);
    base::Log log;
    io::read_affinities(alone(), header, log);
  });
}

/// Elements [first, first + count) of an array, as far as they are there.
Bytes part_of(Bytes bytes, std::int64_t first, std::int64_t count, std::size_t element) {
  const auto size = static_cast<std::int64_t>(bytes.size() / element);
  if (first < 0 || count < 0 || first > size || count > size - first) return {};
  return bytes.subspan(static_cast<std::size_t>(first) * element, static_cast<std::size_t>(count) * element);
}

std::string made_of(Parts parts) {
  OwnFile file("affinities.h5");
  file.attribute("affinity_format", 1);
  file.attribute("value_coding", parts.byte() % 4);
  file.attribute("entries", parts.byte());
  file.attribute("input_digest", 0);
  file.description(parts.next());
  const Bytes records = parts.next(), columns = parts.next(), bytes = parts.next(), origins = parts.next(),
              start = parts.next();
  std::vector<TileRecord> table(records.size() / sizeof(TileRecord));
  if (!table.empty()) std::memcpy(table.data(), records.data(), table.size() * sizeof(TileRecord));
  for (TileRecord& tile : table) {
    std::vector<std::span<const std::byte>> all{
        std::as_bytes(part_of(columns, tile.columns_at, tile.columns, sizeof(std::uint32_t))),
        std::as_bytes(part_of(bytes, tile.bytes_at, tile.bytes, 1))};
    if (tile.continued == 0) {
      all.push_back(std::as_bytes(part_of(origins, tile.first_row, tile.rows, sizeof(std::int64_t))));
      all.push_back(std::as_bytes(part_of(start, tile.first_row, tile.rows, 2 * sizeof(float))));
    }
    tile.checksum = io::affinity::checksum(all);
  }
  file.attribute("tiles_digest", io::affinity::digest(table, 0));
  const auto records_now = std::as_bytes(std::span<const TileRecord>(table));
  file.dataset("tiles", H5T_STD_I64LE, io::affinity::record_fields,
               {reinterpret_cast<const std::uint8_t*>(records_now.data()), records_now.size()});
  file.dataset("columns", H5T_STD_U32LE, 0, columns);
  file.dataset("bytes", H5T_STD_U8LE, 0, bytes);
  file.dataset("origins", H5T_STD_I64LE, 0, origins);
  file.dataset("start", H5T_IEEE_F32LE, 2, start);
  return file.path();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // As of other HDF5 files (hdf5_input.cpp): those that were mutated byte by byte would test HDF5 itself.
  const bool whole = data[0] % 2 == 0 && std::getenv("FLEETSNE_FUZZ_WHOLE_FILES") != nullptr;
  choose_transfer_limit(size);
  const Bytes rest = Bytes(data, size).subspan(1);
  read(whole ? file_of(rest, "affinities.h5") : made_of(Parts(rest)));
  return 0;
}
