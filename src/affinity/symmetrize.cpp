#include "fleetsne/affinity/symmetrize.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/per_thread.hpp"
#include "fleetsne/comm/agreement.hpp"

#include "in_edges.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace fleetsne::affinity {
namespace {

using base::GlobalIndex;
using base::LocalIndex;
using base::Rank;

void expect_indexable(const data::Ghosts& ghosts, LocalIndex local_rows) {
  const auto columns = static_cast<std::int64_t>(ghosts.count()) + local_rows;
  if (columns <= base::most_columns) return;
  throw base::InputError(fmt::format(
      "a rank has {} points and ghosts (it can hold {}). Start more ranks, or ask for fewer neighbours",
      columns, base::most_columns));
}

/// For every rank, the local rows that have edges to its rows, ascending.
std::vector<std::vector<LocalIndex>> rows_with_edges_to(const DirectedEdges& edges, int ranks) {
  std::vector<std::vector<LocalIndex>> result(static_cast<std::size_t>(ranks));
  std::vector<Rank> owner;
  for (const GlobalIndex id : edges.ghosts.ids()) owner.push_back(edges.rows.owner(id));
  for (const auto& block : edges.blocks) {
    for (const data::EdgeTile& tile : block) {
      const auto directory = tile.directory();
      if (directory.empty() || directory.back() < edges.row_count) continue;
      const auto first_ghost = std::ranges::lower_bound(directory, edges.row_count) - directory.begin();
      data::TileReader reader(tile, edges.coding);
      for (LocalIndex r = 0; r < tile.rows; ++r) {
        data::for_each_slot(reader.next(), edges.coding, [&](std::uint16_t place, float value) {
          if (value == 0 || place < first_ghost) return;
          auto& rows = result[static_cast<std::size_t>(
              owner[static_cast<std::size_t>(directory[place] - edges.row_count)])];
          const LocalIndex row = tile.first_row + r;
          if (rows.empty() || rows.back() != row) rows.push_back(row);
        });
      }
    }
  }
  return result;
}

/// The graph's ghosts, and the rows of other ranks that have edges to this one's. Collective.
data::Ghosts symmetric_ghosts(const comm::Communicator& comm, const DirectedEdges& edges) {
  std::vector<LocalIndex> rows;
  std::vector<std::size_t> counts;
  comm::agree(comm, [&] {
    for (const auto& of_rank : rows_with_edges_to(edges, comm.size())) {
      rows.insert(rows.end(), of_rank.begin(), of_rank.end());
      counts.push_back(of_rank.size());
    }
  });
  const auto arrived = comm.exchange(std::span<const LocalIndex>(rows), counts);
  return comm::agree(comm, [&] {
    std::vector<GlobalIndex> referenced(edges.ghosts.ids().begin(), edges.ghosts.ids().end());
    std::size_t at = 0;
    for (Rank r = 0; r < comm.size(); ++r) {
      for (std::size_t n = 0; n < arrived.counts[static_cast<std::size_t>(r)]; ++n)
        referenced.push_back(edges.rows.begin(r) + arrived.values[at++]);
    }
    data::Ghosts ghosts(edges.rows, comm.rank(), std::move(referenced));
    expect_indexable(ghosts, edges.row_count);
    return ghosts;
  });
}

/// Merges blocks of rows; one for each thread.
class BlockMerger {
 public:
  BlockMerger(const DirectedEdges& edges, const InEdges& incoming, std::span<const LocalIndex> new_column,
              data::SparseMatrix& result)
      : edges_(edges),
        incoming_(incoming),
        new_column_(new_column),
        writer_(result.local_rows() + result.ghosts.count(), result.coding, result.storage,
                data::attraction_tiles) {}

  void merge(std::size_t block, std::vector<data::EdgeTile>& tiles) {
    const auto& outgoing = edges_.blocks[block];
    writer_.start(static_cast<LocalIndex>(block) * tile_rows, tiles);
    for (std::size_t t = 0; t < outgoing.size(); ++t) {
      data::TileReader reader(outgoing[t], edges_.coding);
      for (LocalIndex r = 0; r < outgoing[t].rows; ++r) {
        if (!outgoing[t].continued) row_.clear();
        append_outgoing(outgoing[t], reader.next());
        if (t + 1 < outgoing.size() && outgoing[t + 1].continued) continue;
        incoming_.of_row(outgoing[t].first_row + r, [&](std::span<const data::Edge> sources) {
          row_.insert(row_.end(), sources.begin(), sources.end());
        });
        writer_.add(row_);
      }
    }
    writer_.finish();
  }
  const data::TileWriter& writer() const { return writer_; }

 private:
  void append_outgoing(const data::EdgeTile& tile, const data::TileRow& row) {
    const auto directory = tile.directory();
    data::for_each_slot(row, edges_.coding, [&](std::uint16_t place, float value) {
      if (value == 0) return;
      const LocalIndex column = directory[place];
      row_.push_back({column < edges_.row_count
                          ? column
                          : new_column_[static_cast<std::size_t>(column - edges_.row_count)],
                      value});
    });
  }

  const DirectedEdges& edges_;
  const InEdges& incoming_;
  std::span<const LocalIndex> new_column_;
  data::TileWriter writer_;
  std::vector<data::Edge> row_;
};

/// All rows of all bands; returns the sum of their values in units of TileWriter::sum_unit. Collective.
std::int64_t merge_bands(const comm::Communicator& comm, const DirectedEdges& edges, const Bands& bands,
                         data::SparseMatrix& result, base::Log& log) {
  std::vector<LocalIndex> new_column;  // of the graph's ghosts among the matrix's
  for (const GlobalIndex id : edges.ghosts.ids()) new_column.push_back(result.ghosts.column(id));
  InEdges incoming(comm, edges, result.ghosts, bands);
  base::PerThread<BlockMerger> mergers(
      [&] { return std::make_unique<BlockMerger>(edges, incoming, new_column, result); });
  std::vector<std::vector<data::EdgeTile>> blocks(edges.blocks.size());
  for (int band = 0; band < bands.count(); ++band) {
    incoming.collect(band);
    comm::agree(comm, [&] {
      const LocalIndex begin = bands.begin(comm.rank(), band), end = bands.end(comm.rank(), band);
      const std::int64_t first = begin / tile_rows;
      base::parallel_for((end - begin + tile_rows - 1) / tile_rows, [&](std::int64_t b) {
        const auto block = static_cast<std::size_t>(first + b);
        mergers.mine().merge(block, blocks[block]);
      });
    });
    log.advance(band + 1);
  }
  std::int64_t sum = 0;
  comm::agree(comm, [&] {
    for (const auto& block : blocks) result.tiles.insert(result.tiles.end(), block.begin(), block.end());
    mergers.for_each([&](const BlockMerger& merger) {
      result.entries += merger.writer().entries();
      sum += merger.writer().sum();
    });
  });
  return sum;
}

}  // namespace

data::SparseMatrix symmetrize(const comm::Communicator& comm, DirectedEdges&& consumed, base::Log& log,
                              std::int64_t most_edges) {
  const DirectedEdges edges = std::move(consumed);
  data::SparseMatrix result;
  result.rows = edges.rows;
  result.row_count = edges.row_count;
  result.coding = edges.coding;
  result.ghosts = symmetric_ghosts(comm, edges);
  const Bands bands(comm, edges, most_edges);
  log.begin_phase("symmetrise", bands.count());
  const std::int64_t mine = merge_bands(comm, edges, bands, result, log);
  if (result.coding == data::ValueCoding::uniform) {
    result.scale(1 / static_cast<double>(comm.all_reduce(result.entries, comm::Reduction::sum)));
  } else {
    const auto sum = static_cast<double>(comm.all_reduce(mine, comm::Reduction::sum));
    result.scale(1 / (sum * data::TileWriter::sum_unit));
  }
  log.end_phase();
  return result;
}

}  // namespace fleetsne::affinity
