#include "union.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

namespace fleetsne::umap {
namespace {

using base::GlobalIndex;
using base::LocalIndex;
using base::Rank;

constexpr std::int64_t rows_of_piece = 4096;  // of one thread

/// An edge on its way to the rank that owns its target. Both ends are counted within their ranks: the sender
/// is known on arrival.
struct TravellingEdge {
  LocalIndex target, source;
  float weight;
};

struct Edge {
  LocalIndex column;
  float weight;
};

template <class Visit>
void for_each_row(std::size_t rows, Visit&& visit) {
  const auto count = static_cast<std::int64_t>(rows);
  base::parallel_for((count + rows_of_piece - 1) / rows_of_piece, [&](std::int64_t piece) {
    const std::int64_t end = std::min(count, (piece + 1) * rows_of_piece);
    for (std::int64_t i = piece * rows_of_piece; i < end; ++i) visit(static_cast<std::size_t>(i));
  });
}

/// The edges out of this rank's rows into those of others, sent to the owners of their targets.
comm::Gathered<TravellingEdge> send_transposed(const comm::Communicator& comm,
                                               const data::NeighborGraph& graph) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  std::vector<TravellingEdge> sorted;
  comm::agree(comm, [&] {
    const auto local = static_cast<LocalIndex>(graph.columns.rows());
    std::vector<Rank> owner;
    for (const GlobalIndex id : graph.ghosts.ids()) owner.push_back(graph.rows.owner(id));
    const auto each = [&](auto&& visit) {
      for (std::size_t i = 0; i < graph.columns.rows(); ++i) {
        const auto columns = graph.columns.row(i);
        for (std::size_t j = 0; j < columns.size(); ++j) {
          if (columns[j] >= local) visit(i, columns[j], graph.squared_distances(i, j));
        }
      }
    };
    const auto rank_of = [&](LocalIndex column) {
      return static_cast<std::size_t>(owner[static_cast<std::size_t>(column - local)]);
    };
    each([&](std::size_t, LocalIndex column, float) { ++counts[rank_of(column)]; });
    std::vector<std::size_t> next(counts.size(), 0);
    std::exclusive_scan(counts.begin(), counts.end(), next.begin(), std::size_t{0});
    sorted.resize(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
    each([&](std::size_t i, LocalIndex column, float weight) {
      const std::size_t rank = rank_of(column);
      const GlobalIndex target = graph.ghosts.row(column) - graph.rows.begin(static_cast<Rank>(rank));
      sorted[next[rank]++] = {static_cast<LocalIndex>(target), static_cast<LocalIndex>(i), weight};
    });
  });
  return comm.exchange(std::span<const TravellingEdge>(sorted), counts);
}

/// Edges by row, each row's with room for all that may come.
class Rows {
 public:
  Rows(const data::NeighborGraph& graph, const comm::Gathered<TravellingEdge>& arrived)
      : ends_(graph.columns.rows(), 0) {
    const auto local = static_cast<LocalIndex>(ends_.size());
    std::vector<std::int64_t> room(ends_.size(), static_cast<std::int64_t>(graph.count()));
    for_each_row(ends_.size(), [&](std::size_t i) {
      for (const LocalIndex column : graph.columns.row(i)) {
        if (column < local)
          std::atomic_ref(room[static_cast<std::size_t>(column)]).fetch_add(1, std::memory_order_relaxed);
      }
    });
    for (const TravellingEdge& edge : arrived.values) ++room[static_cast<std::size_t>(edge.target)];
    begins_.resize(ends_.size());
    std::exclusive_scan(room.begin(), room.end(), begins_.begin(), std::int64_t{0});
    ends_ = begins_;
    edges_.resize(static_cast<std::size_t>(ends_.empty() ? 0 : begins_.back() + room.back()));
  }

  /// May be called by several threads at a time.
  void add(LocalIndex row, Edge edge) {
    std::int64_t& end = ends_[static_cast<std::size_t>(row)];
    edges_[static_cast<std::size_t>(std::atomic_ref(end).fetch_add(1, std::memory_order_relaxed))] = edge;
  }

  std::span<Edge> of_row(std::size_t row) {
    return std::span(edges_).subspan(static_cast<std::size_t>(begins_[row]),
                                     static_cast<std::size_t>(ends_[row] - begins_[row]));
  }
  void shorten(std::size_t row, std::size_t count) {
    ends_[row] = begins_[row] + static_cast<std::int64_t>(count);
  }

 private:
  std::vector<std::int64_t> begins_, ends_;
  base::AlignedVector<Edge> edges_;
};

/// Sorts a row's edges by global row and joins what goes both ways. Returns how many are left.
std::size_t join(std::span<Edge> edges, const auto& key) {
  std::ranges::sort(edges, {}, [&](const Edge& edge) { return key(edge.column); });
  std::size_t count = 0;
  for (const Edge& edge : edges) {
    if (count > 0 && edges[count - 1].column == edge.column) {
      float& weight = edges[count - 1].weight;
      weight = (weight + edge.weight) - weight * edge.weight;
    } else {
      edges[count++] = edge;
    }
  }
  return count;
}

/// Puts both directions of every edge into the rows of `result.ghosts`' numbering.
void collect(const data::NeighborGraph& graph, const comm::Gathered<TravellingEdge>& arrived,
             const data::Ghosts& ghosts, Rows& rows) {
  const auto local = static_cast<LocalIndex>(graph.columns.rows());
  std::vector<LocalIndex> renumbered;
  for (const GlobalIndex id : graph.ghosts.ids()) renumbered.push_back(ghosts.column(id));
  for_each_row(graph.columns.rows(), [&](std::size_t i) {
    const auto row = static_cast<LocalIndex>(i);
    for (std::size_t j = 0; j < graph.count(); ++j) {
      const float weight = graph.squared_distances(i, j);
      if (!(weight > 0)) continue;
      const LocalIndex column = graph.columns(i, j);
      if (column < local) rows.add(column, {row, weight});
      rows.add(row, {column < local ? column : renumbered[static_cast<std::size_t>(column - local)], weight});
    }
  });
  std::size_t at = 0;
  for (std::size_t r = 0; r < arrived.counts.size(); ++r) {
    for (std::size_t n = 0; n < arrived.counts[r]; ++n, ++at) {
      const TravellingEdge& edge = arrived.values[at];
      if (!(edge.weight > 0)) continue;
      rows.add(edge.target,
               {ghosts.column(graph.rows.begin(static_cast<Rank>(r)) + edge.source), edge.weight});
    }
  }
}

}  // namespace

data::WeightedGraph unite_with_transpose(const comm::Communicator& comm, data::NeighborGraph&& consumed) {
  data::NeighborGraph graph = std::move(consumed);
  const auto arrived = send_transposed(comm, graph);
  return comm::agree(comm, [&] {
    const std::size_t local = graph.columns.rows();
    std::vector<GlobalIndex> referenced(graph.ghosts.ids().begin(), graph.ghosts.ids().end());
    std::size_t at = 0;
    for (std::size_t r = 0; r < arrived.counts.size(); ++r) {
      for (std::size_t n = 0; n < arrived.counts[r]; ++n, ++at)
        referenced.push_back(graph.rows.begin(static_cast<Rank>(r)) + arrived.values[at].source);
    }
    data::WeightedGraph result;
    result.rows = graph.rows;
    result.ghosts = data::Ghosts(graph.rows, comm.rank(), std::move(referenced));
    Rows rows(graph, arrived);
    collect(graph, arrived, result.ghosts, rows);
    graph = {};

    // Ghosts that stand before the local rows have larger columns.
    const auto ids = result.ghosts.ids();
    const auto before =
        static_cast<LocalIndex>(std::ranges::lower_bound(ids, result.rows.begin(comm.rank())) - ids.begin());
    const auto end_of_before = static_cast<LocalIndex>(local) + before;
    const auto key = [=](LocalIndex column) {
      const bool first = column >= static_cast<LocalIndex>(local) && column < end_of_before;
      return first ? column - end_of_before : column;
    };
    result.offsets.assign(local + 1, 0);
    for_each_row(local, [&](std::size_t i) {
      const std::size_t count = join(rows.of_row(i), key);
      rows.shorten(i, count);
      result.offsets[i + 1] = static_cast<std::int64_t>(count);
    });
    std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
    result.columns.resize(static_cast<std::size_t>(result.entries()));
    result.weights.resize(static_cast<std::size_t>(result.entries()));
    for_each_row(local, [&](std::size_t i) {
      auto to = static_cast<std::size_t>(result.offsets[i]);
      for (const Edge& edge : rows.of_row(i)) {
        result.columns[to] = edge.column;
        result.weights[to++] = edge.weight;
      }
    });
    return result;
  });
}

}  // namespace fleetsne::umap
