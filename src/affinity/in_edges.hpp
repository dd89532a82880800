#pragma once

#include "fleetsne/affinity/directed_edges.hpp"
#include "fleetsne/base/per_thread.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/ghosts.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fleetsne::affinity {

/// The rows of all ranks cut into the same number of bands, each with about so many edges into it as fit a
/// bounded memory. Bands begin and end with blocks of tile_rows rows.
class Bands {
 public:
  /// Collective.
  Bands(const comm::Communicator& comm, const DirectedEdges& edges, std::int64_t most_edges);

  int count() const { return count_; }
  base::LocalIndex begin(base::Rank rank, int band) const { return bounds_[at(rank, band)]; }
  base::LocalIndex end(base::Rank rank, int band) const { return bounds_[at(rank, band) + 1]; }

 private:
  std::size_t at(base::Rank rank, int band) const {
    return static_cast<std::size_t>(rank) * (static_cast<std::size_t>(count_) + 1) +
           static_cast<std::size_t>(band);
  }
  int count_ = 0;
  std::vector<base::LocalIndex> bounds_;  // ranks x (count + 1), local row numbers
};

/// An edge on its way to the rank that owns its target. Both ends are counted within their ranks: the
/// sender is known on arrival.
struct TravellingEdge {
  base::LocalIndex target, source;
  float value;
};

/// The edges into the rows of one band after the other, from rows of this rank and of others.
class InEdges {
 public:
  /// @param ghosts  of the symmetric matrix
  InEdges(const comm::Communicator& comm, const DirectedEdges& edges, const data::Ghosts& ghosts,
          const Bands& bands);

  /// Collects a band; the one before is forgotten. Collective.
  void collect(int band);
  /// Calls visit(edges) for the edges into a local row of the band, their columns being their sources: once
  /// for those from local rows, in no certain order, and once for the others. Every edge stands there once.
  template <class Visit>
  void of_row(base::LocalIndex row, Visit&& visit) const {
    const auto at = static_cast<std::size_t>(row - begin_);
    const std::int64_t first = at == 0 ? 0 : offsets_[at - 1];
    visit(std::span<const data::Edge>(local_.data() + first, static_cast<std::size_t>(ends_[at] - first)));
    visit(std::span<const data::Edge>(received_.data() + received_offsets_[at],
                                      received_offsets_[at + 1] - received_offsets_[at]));
  }

 private:
  struct Addressed {
    base::Rank owner;
    TravellingEdge edge;
  };
  /// A thread's room for the edges of one tile by target, those of place p before ends[p - first place].
  struct TileEdges {
    std::vector<std::uint32_t> ends;
    std::vector<data::Edge> edges;
  };
  void reserve_local(int band);
  void address_ghosts(int band);
  void read_tile(const data::EdgeTile& tile, TileEdges& room, std::vector<Addressed>& outgoing);
  void sort_by_target(const data::EdgeTile& tile, std::size_t first, std::size_t last, TileEdges& room) const;
  void travel(const std::vector<std::vector<Addressed>>& outgoing);
  void sort_received(const comm::Gathered<TravellingEdge>& arrived);

  const comm::Communicator& comm_;
  const DirectedEdges& edges_;
  const data::Ghosts& ghosts_;
  const Bands& bands_;
  std::vector<const data::EdgeTile*> tiles_;
  base::PerThread<TileEdges> rooms_{[] { return std::make_unique<TileEdges>(); }};
  std::vector<base::Rank> ghost_owner_;
  std::vector<base::LocalIndex> ghost_target_;  // its row's number at its owner if in the band, else -1

  base::LocalIndex begin_ = 0, end_ = 0;  // of the band's rows
  base::AlignedVector<data::Edge> local_;
  std::vector<std::int64_t> offsets_;       // of every row: where its local in-edges' room ends
  base::AlignedVector<std::int64_t> ends_;  // where what is filled of it ends
  std::vector<data::Edge> received_;
  std::vector<std::size_t> received_offsets_;
};

}  // namespace fleetsne::affinity
