#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/shared_file.hpp"

#include "neighbor_rounds.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <vector>

namespace fleetsne::io {
namespace {

/// Where the two datasets begin.
struct NeighborPlaces {
  std::int64_t indices = 0, distances = 0;
};

NeighborPlaces write_structure(const hdf5::Guard& guard, const std::string& path, hsize_t rows, hsize_t count,
                               std::uint64_t input_digest, const std::string& about) {
  hdf5::Handle file = hdf5::create_file(guard, path);
  NeighborPlaces places;
  places.indices = hdf5::lay_out(guard, file.get(), "indices", H5T_STD_I64LE, {rows, count}).offset;
  places.distances = hdf5::lay_out(guard, file.get(), "distances", H5T_IEEE_F32LE, {rows, count}).offset;
  description::write(guard, file.get(), about);
  hdf5::write_number(guard, file.get(), "input_digest", input_digest);
  for (const char* name : {"indices_digest", "distances_digest"})
    hdf5::write_number(guard, file.get(), name, 0);  // known when all is written
  guard.check(file.reset() ? 0 : -1, "cannot be written");
  return places;
}

void set_number(const hdf5::Guard& guard, hid_t file, const char* name, std::uint64_t value) {
  const char* const problem = "cannot be completed";
  const hdf5::Handle attribute = guard.own(H5Aopen(file, name, H5P_DEFAULT), H5Aclose, problem);
  guard.check(H5Awrite(attribute.get(), H5T_NATIVE_UINT64, &value), problem);
}

void write_digests(const hdf5::Guard& guard, const std::string& path, const NeighborDigests& digests) {
  hdf5::Handle file = hdf5::reopen_file(guard, path);
  set_number(guard, file.get(), "indices_digest", digests.indices);
  set_number(guard, file.get(), "distances_digest", digests.distances);
  guard.check(file.reset() ? 0 : -1, "cannot be completed");
}

/// Brings the rows of a round from the ranks that have them in working order to those that have them in the
/// input's, and has them written there. @return the checksums of all
NeighborDigests write_rounds(const comm::Communicator& comm, SharedFile& file, const NeighborPlaces& places,
                             const data::Permutation& permutation, const data::NeighborGraph& graph) {
  const std::size_t k = graph.count();
  const auto& input = permutation.input;
  const std::vector<std::size_t> order = by_origin(permutation);
  const auto ghost_origins = data::ask_owners<GlobalIndex>(
      comm, permutation.working, graph.ghosts.ids(), 1,
      [&](std::size_t row, std::span<GlobalIndex> origin) { origin[0] = permutation.origins[row]; });
  const auto origin = [&](LocalIndex column) {
    const auto c = static_cast<std::size_t>(column);
    return c < permutation.origins.size() ? permutation.origins[c]
                                          : ghost_origins[c - permutation.origins.size()];
  };
  const std::int64_t step = rows_per_round(k);
  NeighborDigests digests;
  for (std::int64_t round = 0; round < rounds_of(input, step); ++round) {
    std::vector<GlobalIndex> rows, indices;
    std::vector<float> distances;
    std::vector<std::size_t> counts;
    for (base::Rank r = 0; r < comm.size(); ++r) {
      const GlobalIndex from = std::min(input.end(r), input.begin(r) + round * step);
      const GlobalIndex to = std::min(input.end(r), from + step);
      const auto key = [&](std::size_t i) { return permutation.origins[i]; };
      const auto first = std::ranges::lower_bound(order, from, {}, key),
                 last = std::ranges::lower_bound(order, to, {}, key);
      for (auto i = first; i != last; ++i) {
        rows.push_back(key(*i));
        for (const LocalIndex column : graph.columns.row(*i)) indices.push_back(origin(column));
        for (const float d : graph.squared_distances.row(*i)) distances.push_back(std::sqrt(d));
      }
      counts.push_back(static_cast<std::size_t>(last - first));
    }
    const auto there = comm.exchange(std::span<const GlobalIndex>(rows), counts).values;
    const auto found = comm.exchange_rows(std::span<const GlobalIndex>(indices), k, counts).values;
    const auto far = comm.exchange_rows(std::span<const float>(distances), k, counts).values;
    comm::agree(comm, [&] {
      const GlobalIndex from = std::min(input.end(comm.rank()), input.begin(comm.rank()) + round * step);
      base::Matrix<GlobalIndex> block(there.size(), k);
      base::Matrix<float> far_block(there.size(), k);
      for (std::size_t i = 0; i < there.size(); ++i) {
        const auto to = static_cast<std::size_t>(there[i] - from);
        std::copy_n(found.begin() + static_cast<std::ptrdiff_t>(i * k), k, block.row(to).begin());
        std::copy_n(far.begin() + static_cast<std::ptrdiff_t>(i * k), k, far_block.row(to).begin());
      }
      const auto before = from * static_cast<std::int64_t>(k);
      file.write_rows_at(places.indices + before * static_cast<std::int64_t>(sizeof(GlobalIndex)),
                         base::MatrixView<const GlobalIndex>(block.view()));
      file.write_rows_at(places.distances + before * static_cast<std::int64_t>(sizeof(float)),
                         base::MatrixView<const float>(far_block.view()));
      digests.indices += data::digest_share(from, base::MatrixView<const GlobalIndex>(block.view()));
      digests.distances += data::digest_share(from, base::MatrixView<const float>(far_block.view()));
    });
  }
  return sum_of(comm, digests);
}

}  // namespace

void write_neighbors(const comm::Communicator& comm, const std::string& path,
                     const data::Permutation& permutation, const data::NeighborGraph& graph,
                     std::uint64_t input_digest, const nlohmann::json& about) {
  const hdf5::Guard guard(base::ErrorKind::io, path);
  std::optional<PartialFile> partial;
  std::string partial_path;
  NeighborPlaces places;
  comm::on_root(comm, [&] {
    const auto rows = static_cast<std::size_t>(permutation.input.total());
    partial.emplace(path);
    partial_path = partial->partial_path();
    const std::string text = about.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    partial->reserve(static_cast<std::int64_t>(rows * graph.count() * (sizeof(GlobalIndex) + sizeof(float)) +
                                               text.size()));
    places = write_structure(guard, partial_path, rows, graph.count(), input_digest, text);
    partial->reserve(static_cast<std::int64_t>(std::filesystem::file_size(partial_path)));
  });
  places = comm.broadcast(places, 0);
  partial_path = comm.broadcast(partial_path, 0);
  SharedFile file(comm, partial_path, path);
  const NeighborDigests digests = write_rounds(comm, file, places, permutation, graph);
  file.close();
  comm::on_root(comm, [&] {
    write_digests(guard, partial_path, digests);
    partial->commit();
  });
}

}  // namespace fleetsne::io
