#include "fleetsne/affinity/symmetrize.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace fleetsne::affinity {
namespace {

using base::GlobalIndex;
using base::LocalIndex;
using base::Rank;

/// An edge on its way to the rank that owns its target. Both ends are counted within their ranks: the
/// sender is known on arrival.
struct TravellingEdge {
  LocalIndex target, source;
  float weight;
};

/// An edge that has arrived.
struct IncomingEdge {
  LocalIndex target;
  GlobalIndex source;
  float weight;
};

/// Edges by the rank that owns their targets.
struct OutgoingEdges {
  std::vector<TravellingEdge> edges;
  std::vector<std::size_t> counts;
};

OutgoingEdges pack_edges(const data::NeighborGraph& graph, int ranks) {
  const auto local_rows = static_cast<LocalIndex>(graph.columns.rows());
  const auto ghost_ids = graph.ghosts.ids();
  std::vector<Rank> ghost_owner(ghost_ids.size());
  for (std::size_t g = 0; g < ghost_ids.size(); ++g) ghost_owner[g] = graph.rows.owner(ghost_ids[g]);

  OutgoingEdges outgoing;
  outgoing.counts.assign(static_cast<std::size_t>(ranks), 0);
  for (const LocalIndex column : graph.columns.elements()) {
    if (column >= local_rows)
      ++outgoing.counts[static_cast<std::size_t>(ghost_owner[static_cast<std::size_t>(column - local_rows)])];
  }
  std::vector<std::size_t> next(outgoing.counts.size(), 0);
  std::exclusive_scan(outgoing.counts.begin(), outgoing.counts.end(), next.begin(), std::size_t{0});
  outgoing.edges.resize(std::accumulate(outgoing.counts.begin(), outgoing.counts.end(), std::size_t{0}));
  for (LocalIndex i = 0; i < local_rows; ++i) {
    const auto row = graph.columns.row(static_cast<std::size_t>(i));
    for (std::size_t j = 0; j < row.size(); ++j) {
      if (row[j] < local_rows) continue;
      const auto ghost = static_cast<std::size_t>(row[j] - local_rows);
      const Rank owner = ghost_owner[ghost];
      outgoing.edges[next[static_cast<std::size_t>(owner)]++] = {
          static_cast<LocalIndex>(ghost_ids[ghost] - graph.rows.begin(owner)), i,
          graph.squared_distances(static_cast<std::size_t>(i), j)};
    }
  }
  return outgoing;
}

/// Edges from other ranks' rows to this rank's, sources ascending. Collective.
std::vector<IncomingEdge> exchange_edges(const comm::Communicator& comm, const data::NeighborGraph& graph) {
  OutgoingEdges outgoing = comm::agree(comm, [&] { return pack_edges(graph, comm.size()); });
  const auto arrived = comm.exchange(std::span<const TravellingEdge>(outgoing.edges), outgoing.counts);
  outgoing = {};
  std::vector<IncomingEdge> incoming;
  incoming.reserve(arrived.values.size());
  std::size_t at = 0;
  for (Rank r = 0; r < comm.size(); ++r) {
    for (std::size_t n = 0; n < arrived.counts[static_cast<std::size_t>(r)]; ++n, ++at) {
      const TravellingEdge& edge = arrived.values[at];
      incoming.push_back({edge.target, graph.rows.begin(r) + edge.source, edge.weight});
    }
  }
  return incoming;
}

data::Ghosts ghosts_of(const data::NeighborGraph& graph, Rank rank,
                       const std::vector<IncomingEdge>& incoming) {
  std::vector<GlobalIndex> referenced(graph.ghosts.ids().begin(), graph.ghosts.ids().end());
  for (const IncomingEdge& edge : incoming) {
    if (referenced.empty() || referenced.back() != edge.source) referenced.push_back(edge.source);
  }
  return {graph.rows, rank, std::move(referenced)};
}

/// A neighbour in a row: where its column stands in the order of global indices, and the edge's weight.
struct Entry {
  LocalIndex place;
  float weight;
};

/// Column indices <-> places: ghosts of lower ranks, own rows, ghosts of higher ranks; so places ascend as
/// global indices do, in 32 bits.
class Places {
 public:
  Places(const data::Ghosts& ghosts, GlobalIndex first_row, LocalIndex local_rows)
      : below_(static_cast<LocalIndex>(std::ranges::lower_bound(ghosts.ids(), first_row) -
                                       ghosts.ids().begin())),
        local_rows_(local_rows) {}
  LocalIndex of_column(LocalIndex column) const {
    if (column < local_rows_) return below_ + column;
    const LocalIndex ghost = column - local_rows_;
    return ghost < below_ ? ghost : column;
  }
  LocalIndex column(LocalIndex place) const {
    if (place < below_) return local_rows_ + place;
    return place < below_ + local_rows_ ? place - below_ : place;
  }

 private:
  LocalIndex below_, local_rows_;
};

/// Entries of rows, those of row i at offsets[i] .. offsets[i + 1].
struct EntryRows {
  std::vector<std::int64_t> offsets;
  std::vector<Entry> entries;
  std::span<const Entry> row(std::size_t i) const {
    return {entries.data() + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i])};
  }
};

/// The transpose's rows: edges from other ranks and from this one, in each row by ascending place.
EntryRows transpose(const data::NeighborGraph& graph, const std::vector<IncomingEdge>& incoming,
                    const data::Ghosts& ghosts, const Places& places, GlobalIndex first_row) {
  const std::size_t local_rows = graph.columns.rows();
  EntryRows result;
  result.offsets.assign(local_rows + 1, 0);
  for (const IncomingEdge& edge : incoming) ++result.offsets[static_cast<std::size_t>(edge.target) + 1];
  for (const LocalIndex column : graph.columns.elements()) {
    if (static_cast<std::size_t>(column) < local_rows) ++result.offsets[static_cast<std::size_t>(column) + 1];
  }
  std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
  result.entries.resize(static_cast<std::size_t>(result.offsets.back()));
  std::vector<std::int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  const auto put = [&](LocalIndex target, LocalIndex place, float weight) {
    result.entries[static_cast<std::size_t>(next[static_cast<std::size_t>(target)]++)] = {place, weight};
  };
  // Sources ascend within `incoming`: those of lower ranks, then own rows, then those of higher ranks.
  auto edge = incoming.begin();
  for (; edge != incoming.end() && edge->source < first_row; ++edge) {
    put(edge->target, places.of_column(ghosts.column(edge->source)), edge->weight);
  }
  for (std::size_t i = 0; i < local_rows; ++i) {
    const auto row = graph.columns.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) {
      if (static_cast<std::size_t>(row[j]) < local_rows) {
        put(row[j], places.of_column(static_cast<LocalIndex>(i)), graph.squared_distances(i, j));
      }
    }
  }
  for (; edge != incoming.end(); ++edge) {
    put(edge->target, places.of_column(ghosts.column(edge->source)), edge->weight);
  }
  return result;
}

/// Merges two lists of ascending places; calls emit(place, sum of weights) for each place.
template <class Emit>
void merge_entries(std::span<const Entry> a, std::span<const Entry> b, Emit&& emit) {
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].place < b[j].place)) {
      emit(a[i].place, a[i].weight);
      ++i;
    } else if (i == a.size() || b[j].place < a[i].place) {
      emit(b[j].place, b[j].weight);
      ++j;
    } else {
      emit(a[i].place, a[i].weight + b[j].weight);
      ++i;
      ++j;
    }
  }
}

/// A row's outgoing edges by ascending place, in the buffer given.
void sort_outgoing(const data::NeighborGraph& graph, std::size_t i, const Places& places,
                   std::span<const LocalIndex> new_column, std::vector<Entry>& entries) {
  const auto row = graph.columns.row(i);
  entries.clear();
  for (std::size_t j = 0; j < row.size(); ++j) {
    const auto ghost = static_cast<std::int64_t>(row[j]) - static_cast<std::int64_t>(graph.columns.rows());
    const LocalIndex column = ghost < 0 ? row[j] : new_column[static_cast<std::size_t>(ghost)];
    entries.push_back({places.of_column(column), graph.squared_distances(i, j)});
  }
  std::ranges::sort(entries, {}, &Entry::place);
}

/// The matrix's rows: each the merger of the graph's row and the transpose's.
void fill_rows(const data::NeighborGraph& graph, const EntryRows& incoming, const Places& places,
               data::SparseMatrix& result) {
  constexpr std::int64_t block = 256;
  const auto local_rows = static_cast<std::int64_t>(graph.columns.rows());
  std::vector<LocalIndex> new_column;  // of the graph's ghosts among the matrix's
  for (const GlobalIndex id : graph.ghosts.ids()) new_column.push_back(result.ghosts.column(id));

  result.offsets.assign(static_cast<std::size_t>(local_rows) + 1, 0);
  const auto scale = static_cast<float>(1.0 / (2.0 * static_cast<double>(graph.rows.total())));
  // Twice over the rows: first to count, then to write where the counts say.
  for (const bool counting : {true, false}) {
    base::parallel_for((local_rows + block - 1) / block, [&](std::int64_t b) {
      std::vector<Entry> outgoing;
      for (std::int64_t i = b * block; i < std::min(local_rows, (b + 1) * block); ++i) {
        const auto row = static_cast<std::size_t>(i);
        sort_outgoing(graph, row, places, new_column, outgoing);
        std::int64_t at = counting ? 0 : result.offsets[row];
        merge_entries(outgoing, incoming.row(row), [&](LocalIndex place, float weight) {
          if (!counting) {
            result.columns[static_cast<std::size_t>(at)] = places.column(place);
            result.values[static_cast<std::size_t>(at)] = scale * weight;
          }
          ++at;
        });
        if (counting) result.offsets[row + 1] = at;
      }
    });
    if (!counting) break;
    std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
    result.columns.resize(static_cast<std::size_t>(result.offsets.back()));
    result.values.resize(static_cast<std::size_t>(result.offsets.back()));
  }
}

void expect_indexable(const data::Ghosts& ghosts, LocalIndex local_rows) {
  const auto columns = static_cast<std::int64_t>(ghosts.count()) + local_rows;
  if (columns <= base::most_columns) return;
  throw base::InputError(fmt::format(
      "a rank has {} points and ghosts (it can hold {}). Start more ranks, or ask for fewer neighbours",
      columns, base::most_columns));
}

}  // namespace

data::SparseMatrix symmetrize(const comm::Communicator& comm, data::NeighborGraph&& consumed) {
  const data::NeighborGraph graph = std::move(consumed);
  auto edges = exchange_edges(comm, graph);
  return comm::agree(comm, [&] {
    const auto local_rows = static_cast<LocalIndex>(graph.columns.rows());
    const GlobalIndex first_row = graph.rows.begin(comm.rank());
    data::SparseMatrix result;
    result.rows = graph.rows;
    result.ghosts = ghosts_of(graph, comm.rank(), edges);
    expect_indexable(result.ghosts, local_rows);
    const Places places(result.ghosts, first_row, local_rows);
    const EntryRows incoming = transpose(graph, edges, result.ghosts, places, first_row);
    edges = {};
    fill_rows(graph, incoming, places, result);
    return result;
  });
}

}  // namespace fleetsne::affinity
