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

<<<<<<< HEAD
using Checksums = std::array<std::uint64_t, 2>;  // of indices and of distances

/// On rank 0. None if the file has none.
std::optional<Checksums> stored_digests(const std::string& path) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (H5Aexists(file.get(), "indices_digest") <= 0) return std::nullopt;
  return Checksums{hdf5::read_number(guard, file.get(), "indices_digest"),
                   hdf5::read_number(guard, file.get(), "distances_digest")};
}

/// This rank's share of the checksums, from rows that make sense.
Checksums read_through(const comm::Communicator& comm, const std::string& path) {
  NeighborSource source({path, ""});
  const std::int64_t all = source.header().rows;
  const std::size_t k = source.header().count;
=======
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
>>>>>>> ffd91ef (neighbors: values of other tools' files are compared with distances of sampled rows; graphs of AnnData are read)
  const auto blocks = data::RowDistribution::balanced(all, comm.size());
  const std::int64_t end = blocks.end(comm.rank()), step = rows_per_round(k);
  std::vector<GlobalIndex> indices;
  std::vector<float> distances;
<<<<<<< HEAD
  Checksums sums{};
=======
  NeighborDigests sums;
>>>>>>> ffd91ef (neighbors: values of other tools' files are compared with distances of sampled rows; graphs of AnnData are read)
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

<<<<<<< HEAD
nlohmann::json about_neighbors(const comm::Communicator& comm, const std::string& path) {
  std::string text;
  comm::on_root(comm, [&] {
    const hdf5::Guard guard(base::ErrorKind::input, path);
    const hdf5::Handle file = hdf5::open_file(guard);
    if (H5Aexists(file.get(), "about_digest") <= 0) return;
    text = description::read(guard, file.get());
    if (!nlohmann::json::accept(text))
      throw base::InputError(path +
                             " has a description that cannot be understood (it is damaged). Make it anew");
  });
  text = comm.broadcast(text, 0);
  return text.empty() ? nlohmann::json() : nlohmann::json::parse(text);
}

bool verify_neighbors(const comm::Communicator& comm, const std::string& path) {
  std::optional<Checksums> stored;
  comm::on_root(comm, [&] { stored = stored_digests(path); });
  Checksums found = comm::agree(comm, [&] { return read_through(comm, path); });
  comm.all_reduce(std::span<std::uint64_t>(found), comm::Reduction::sum);
=======
void verify_neighbors(const comm::Communicator& comm, const std::string& path) {
  NeighborDigests stored;
  comm::on_root(comm, [&] { stored = stored_digests(path); });
  const NeighborDigests mine = comm::agree(comm, [&] { return read_through(comm, path); });
  const NeighborDigests found = sum_of(comm, mine);
>>>>>>> ffd91ef (neighbors: values of other tools' files are compared with distances of sampled rows; graphs of AnnData are read)
  comm::on_root(comm, [&] {
    if (found.indices == stored.indices && found.distances == stored.distances) return;
    throw base::InputError(fmt::format(
        "{}: its {} do not fit their checksum (it was cut short or changed since it was written). Search again",
        path, found.indices != stored.indices ? "indices" : "distances"));
  });
}

}  // namespace fleetsne::io
