#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/neighbor_file.hpp"

#include "neighbor_rounds.hpp"
#include "neighbor_source.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

namespace fleetsne::io {
namespace {

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
  const auto blocks = data::RowDistribution::balanced(all, comm.size());
  const std::int64_t end = blocks.end(comm.rank()), step = rows_per_round(k);
  std::vector<GlobalIndex> indices;
  std::vector<float> distances;
  Checksums sums{};
  for (std::int64_t at = blocks.begin(comm.rank()); at < end; at += step) {
    const auto count = static_cast<std::size_t>(std::min(step, end - at));
    indices.resize(count * k);
    distances.resize(count * k);
    source.read(at, static_cast<std::int64_t>(count), indices, distances);
    const bool rows = std::ranges::all_of(indices, [&](GlobalIndex i) { return i >= 0 && i < all; });
    const bool far = std::ranges::all_of(distances, [](float d) { return std::isfinite(d) && d >= 0; });
    if (!rows || !far)
      throw base::InputError(
          fmt::format("{}: of rows {} to {} {} (it is damaged, or was made wrongly). Make it anew", path, at,
                      at + static_cast<std::int64_t>(count) - 1,
                      rows ? "a distance is negative or no number"
                           : fmt::format("a neighbour is none of rows 0 to {}", all - 1)));
    sums[0] += data::digest_share(at, base::MatrixView<const GlobalIndex>(indices.data(), count, k, k));
    sums[1] += data::digest_share(at, base::MatrixView<const float>(distances.data(), count, k, k));
  }
  return sums;
}

}  // namespace

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
  comm::on_root(comm, [&] {
    for (const std::size_t i : {0, 1})
      if (stored && (*stored)[i] != found[i])
        throw base::InputError(
            fmt::format("{}: its {} do not fit their checksum (it was cut short or changed since it was "
                        "written). Make it anew",
                        path, i == 0 ? "indices" : "distances"));
  });
  return comm.broadcast(stored ? 1 : 0, 0) != 0;
}

}  // namespace fleetsne::io
