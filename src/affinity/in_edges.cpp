#include "in_edges.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

namespace fleetsne::affinity {

using base::LocalIndex;
using base::Rank;

Bands::Bands(const comm::Communicator& comm, const DirectedEdges& edges, std::int64_t most_edges) {
  std::vector<LocalIndex> mine{0};
  std::int64_t in_band = 0;
  for (LocalIndex first = 0; first < edges.row_count; first += tile_rows) {
    const LocalIndex last = std::min(edges.row_count, first + tile_rows);
    const auto degrees =
        std::span(edges.in_degree)
            .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
    const std::int64_t sum = std::accumulate(degrees.begin(), degrees.end(), std::int64_t{0});
    if (in_band > 0 && in_band + sum > most_edges) {
      mine.push_back(first);
      in_band = 0;
    }
    in_band += sum;
  }
  count_ = static_cast<int>(comm.all_reduce(static_cast<std::int64_t>(mine.size()), comm::Reduction::max));
  mine.resize(static_cast<std::size_t>(count_) + 1, edges.row_count);
  bounds_ = comm.all_gather(std::span<const LocalIndex>(mine)).values;
}

InEdges::InEdges(const comm::Communicator& comm, const DirectedEdges& edges, const data::Ghosts& ghosts,
                 const Bands& bands)
    : comm_(comm), edges_(edges), ghosts_(ghosts), bands_(bands) {
  for (const auto& block : edges.blocks) {
    for (const data::EdgeTile& tile : block) tiles_.push_back(&tile);
  }
  for (const base::GlobalIndex id : edges.ghosts.ids()) ghost_owner_.push_back(edges.rows.owner(id));
  ghost_target_.resize(ghost_owner_.size());
}

/// Room for the band's edges from local rows: their number is known.
void InEdges::reserve_local(int band) {
  begin_ = bands_.begin(comm_.rank(), band);
  end_ = bands_.end(comm_.rank(), band);
  const auto rows = static_cast<std::size_t>(end_ - begin_);
  offsets_.resize(rows);
  ends_.resize(rows);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    ends_[i] = total;
    total += edges_.in_degree[static_cast<std::size_t>(begin_) + i];
    offsets_[i] = total;
  }
  const auto room = static_cast<std::size_t>(total);
  if (room > local_.size()) {
    local_ = {};
    local_.resize(room);
  }
}

void InEdges::address_ghosts(int band) {
  const auto ids = edges_.ghosts.ids();
  for (std::size_t g = 0; g < ids.size(); ++g) {
    const Rank owner = ghost_owner_[g];
    const auto target = static_cast<LocalIndex>(ids[g] - edges_.rows.begin(owner));
    const bool in_band = target >= bands_.begin(owner, band) && target < bands_.end(owner, band);
    ghost_target_[g] = in_band ? target : -1;
  }
}

/// The tile's edges to the columns of places first .. last, sorted by place: a target's are then written
/// together, and its row's end, which threads share, moves once.
void InEdges::sort_by_target(const data::EdgeTile& tile, std::size_t first, std::size_t last,
                             TileEdges& room) const {
  room.ends.assign(last - first + 1, 0);
  const auto for_each_edge = [&](auto&& visit) {
    data::TileReader reader(tile, edges_.coding);
    for (LocalIndex r = 0; r < tile.rows; ++r) {
      data::for_each_slot(reader.next(), edges_.coding, [&](std::uint16_t place, float value) {
        if (value != 0 && place >= first && place < last) visit(place - first, r, value);
      });
    }
  };
  for_each_edge([&](std::size_t target, LocalIndex, float) { ++room.ends[target + 1]; });
  std::partial_sum(room.ends.begin(), room.ends.end(), room.ends.begin());
  if (room.edges.size() < room.ends.back()) room.edges.resize(room.ends.back());
  for_each_edge([&](std::size_t target, LocalIndex r, float value) {
    room.edges[room.ends[target]++] = {tile.first_row + r, value};
  });
}

void InEdges::read_tile(const data::EdgeTile& tile, TileEdges& room, std::vector<Addressed>& outgoing) {
  const auto directory = tile.directory();
  const auto place_of = [&](LocalIndex column) {
    return static_cast<std::size_t>(std::ranges::lower_bound(directory, column) - directory.begin());
  };
  const std::size_t first = place_of(begin_), last = place_of(end_), ghosts = place_of(edges_.row_count);
  if (first < last) {
    sort_by_target(tile, first, last, room);
    for (std::size_t place = first; place < last; ++place) {
      const std::uint32_t from = place == first ? 0 : room.ends[place - first - 1];
      const std::uint32_t count = room.ends[place - first] - from;
      std::int64_t& end = ends_[static_cast<std::size_t>(directory[place] - begin_)];
      const std::int64_t at = std::atomic_ref(end).fetch_add(count, std::memory_order_relaxed);
      std::copy_n(room.edges.begin() + from, count, local_.begin() + at);
    }
  }
  const auto in_band = [&](LocalIndex c) {
    return ghost_target_[static_cast<std::size_t>(c - edges_.row_count)] >= 0;
  };
  if (std::none_of(directory.begin() + static_cast<std::ptrdiff_t>(ghosts), directory.end(), in_band)) return;
  data::TileReader reader(tile, edges_.coding);
  for (LocalIndex r = 0; r < tile.rows; ++r) {
    data::for_each_slot(reader.next(), edges_.coding, [&](std::uint16_t place, float value) {
      if (value == 0 || place < ghosts || !in_band(directory[place])) return;
      const auto ghost = static_cast<std::size_t>(directory[place] - edges_.row_count);
      outgoing.push_back({ghost_owner_[ghost], {ghost_target_[ghost], tile.first_row + r, value}});
    });
  }
}

void InEdges::collect(int band) {
  std::vector<std::vector<Addressed>> outgoing;
  comm::agree(comm_, [&] {
    outgoing.resize(tiles_.size());
    reserve_local(band);
    address_ghosts(band);
    base::parallel_for(static_cast<std::int64_t>(tiles_.size()), [&](std::int64_t t) {
      read_tile(*tiles_[static_cast<std::size_t>(t)], rooms_.mine(), outgoing[static_cast<std::size_t>(t)]);
    });
  });
  travel(outgoing);
}

void InEdges::travel(const std::vector<std::vector<Addressed>>& outgoing) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm_.size()), 0);
  std::vector<TravellingEdge> sorted;
  comm::agree(comm_, [&] {
    for (const auto& of_tile : outgoing) {
      for (const Addressed& one : of_tile) ++counts[static_cast<std::size_t>(one.owner)];
    }
    std::vector<std::size_t> next(counts.size(), 0);
    std::exclusive_scan(counts.begin(), counts.end(), next.begin(), std::size_t{0});
    sorted.resize(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
    for (const auto& of_tile : outgoing) {
      for (const Addressed& one : of_tile) sorted[next[static_cast<std::size_t>(one.owner)]++] = one.edge;
    }
  });
  const auto arrived = comm_.exchange(std::span<const TravellingEdge>(sorted), counts);
  comm::agree(comm_, [&] { sort_received(arrived); });
}

/// By target; sources become columns.
void InEdges::sort_received(const comm::Gathered<TravellingEdge>& arrived) {
  received_offsets_.assign(static_cast<std::size_t>(end_ - begin_) + 1, 0);
  for (const TravellingEdge& edge : arrived.values) {
    ++received_offsets_[static_cast<std::size_t>(edge.target - begin_) + 1];
  }
  std::partial_sum(received_offsets_.begin(), received_offsets_.end(), received_offsets_.begin());
  received_.resize(arrived.values.size());
  std::vector<std::size_t> next(received_offsets_.begin(), received_offsets_.end() - 1);
  std::size_t at = 0;
  for (Rank r = 0; r < comm_.size(); ++r) {
    LocalIndex source = -1, column = 0;  // a source's edges come one after the other
    for (std::size_t n = 0; n < arrived.counts[static_cast<std::size_t>(r)]; ++n, ++at) {
      const TravellingEdge& edge = arrived.values[at];
      if (edge.source != source) {
        source = edge.source;
        column = ghosts_.column(edges_.rows.begin(r) + source);
      }
      received_[next[static_cast<std::size_t>(edge.target - begin_)]++] = {column, edge.value};
    }
  }
}

}  // namespace fleetsne::affinity
