#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/neighbor_file.hpp"

#include "neighbor_rounds.hpp"
#include "neighbor_source.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace fleetsne::io {
namespace {

/// On rank 0.
NeighborDigests stored_digests(const std::string& path) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  return {hdf5::read_number(guard, file.get(), "indices_digest"),
          hdf5::read_number(guard, file.get(), "distances_digest")};
}

/// This rank's share of the checksums.
NeighborDigests read_through(const comm::Communicator& comm, const std::string& path) {
  const auto source = NeighborSource::open({path, ""});
  const std::int64_t all = source->header().rows;
  const std::size_t k = source->header().count;
  const auto blocks = data::RowDistribution::balanced(all, comm.size());
  const std::int64_t end = blocks.end(comm.rank()), step = rows_per_round(k);
  std::vector<GlobalIndex> indices;
  std::vector<float> distances;
  NeighborDigests sums;
  for (std::int64_t at = blocks.begin(comm.rank()); at < end; at += step) {
    const auto count = static_cast<std::size_t>(std::min(step, end - at));
    indices.resize(count * k);
    distances.resize(count * k);
    source->read(at, static_cast<std::int64_t>(count), indices, distances);
    sums.indices += data::digest_share(at, base::MatrixView<const GlobalIndex>(indices.data(), count, k, k));
    sums.distances += data::digest_share(at, base::MatrixView<const float>(distances.data(), count, k, k));
  }
  return sums;
}

}  // namespace

void verify_neighbors(const comm::Communicator& comm, const std::string& path) {
  NeighborDigests stored;
  comm::on_root(comm, [&] { stored = stored_digests(path); });
  const NeighborDigests mine = comm::agree(comm, [&] { return read_through(comm, path); });
  const NeighborDigests found = sum_of(comm, mine);
  comm::on_root(comm, [&] {
    if (found.indices == stored.indices && found.distances == stored.distances) return;
    throw base::InputError(
        fmt::format("{}: its {} do not fit their checksum (it was cut short or changed since it was "
                    "written). Search again",
                    path, found.indices != stored.indices ? "indices" : "distances"));
  });
}

}  // namespace fleetsne::io
