#include "fleetsne/affinity/directed_edges.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/per_thread.hpp"

#include <algorithm>
#include <atomic>

namespace fleetsne::affinity {
namespace {

constexpr std::int64_t piece_blocks = 32;  // of tile_rows rows, between two looks at the clock

template <class T>
void release_rows(base::Matrix<T>& matrix, std::size_t first, std::size_t last) {
  if (first < last) base::release_pages(&matrix(first, 0), (last - first) * matrix.stride() * sizeof(T));
}

/// Compresses blocks of rows; one for each thread.
class BlockCompressor {
 public:
  BlockCompressor(data::NeighborGraph& graph, DirectedEdges& result, const Weigh& weigh)
      : graph_(graph),
        result_(result),
        weigh_(weigh),
        writer_(graph.columns.rows() + graph.ghosts.count(), result.coding, result.storage),
        edges_(graph.count()) {}

  void compress(std::int64_t block) {
    const auto first = static_cast<base::LocalIndex>(block * tile_rows);
    const base::LocalIndex last = std::min(result_.row_count, first + tile_rows);
    writer_.start(first, result_.blocks[static_cast<std::size_t>(block)]);
    for (base::LocalIndex i = first; i < last; ++i) {
      const auto row = static_cast<std::size_t>(i);
      const auto columns = graph_.columns.row(row);
      const auto weights = graph_.squared_distances.row(row);
      if (result_.coding == data::ValueCoding::squared16) weigh_(weights);
      for (std::size_t j = 0; j < columns.size(); ++j) {
        edges_[j] = {columns[j], weights[j]};
        if (columns[j] < result_.row_count) {
          std::atomic_ref(result_.in_degree[static_cast<std::size_t>(columns[j])])
              .fetch_add(1, std::memory_order_relaxed);
        }
      }
      writer_.add(edges_);
    }
    writer_.finish();
  }

 private:
  data::NeighborGraph& graph_;
  DirectedEdges& result_;
  const Weigh& weigh_;
  data::TileWriter writer_;
  std::vector<data::Edge> edges_;
};

}  // namespace

DirectedEdges compress(data::NeighborGraph&& consumed, data::ValueCoding coding, const Weigh& weigh,
                       base::Log& log) {
  data::NeighborGraph graph = std::move(consumed);
  const auto rows = static_cast<std::int64_t>(graph.columns.rows());
  const std::int64_t blocks = (rows + tile_rows - 1) / tile_rows;
  DirectedEdges result;
  result.rows = graph.rows;
  result.row_count = static_cast<base::LocalIndex>(rows);
  result.coding = coding;
  result.blocks.resize(static_cast<std::size_t>(blocks));
  result.in_degree.assign(static_cast<std::size_t>(rows), 0);
  base::PerThread<BlockCompressor> compressors(
      [&] { return std::make_unique<BlockCompressor>(graph, result, weigh); });
  for (std::int64_t first = 0; first < blocks; first += piece_blocks) {
    const std::int64_t count = std::min(piece_blocks, blocks - first);
    base::parallel_for(count, [&](std::int64_t b) { compressors.mine().compress(first + b); });
    const auto begin = static_cast<std::size_t>(first * tile_rows);
    const auto end = static_cast<std::size_t>(std::min(rows, (first + count) * tile_rows));
    release_rows(graph.columns, begin, end);
    release_rows(graph.squared_distances, begin, end);
    log.advance(static_cast<std::int64_t>(end));
  }
  result.ghosts = std::move(graph.ghosts);
  return result;
}

}  // namespace fleetsne::affinity
