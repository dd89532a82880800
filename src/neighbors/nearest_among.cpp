#include "fleetsne/neighbors/nearest_among.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/per_thread.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/search/distance.hpp"

#include "backend.hpp"
#include "block_scan.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

namespace fleetsne::neighbors {
namespace {

using search::block_rows;
using search::Measure;

constexpr std::size_t piece_bytes = std::size_t{16} << 20;  // of rows at a time
constexpr float rounding = 1e-3F;                           // of a distance, generously

/// A row found; nearer ones come first, of equally near ones that with the smaller index.
struct Near {
  float distance = std::numeric_limits<float>::infinity();
  base::GlobalIndex row = -1;
  friend bool operator<(const Near& a, const Near& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
  }
};

/// A distance by the measure as one for which the triangle inequality holds.
float length(Measure measure, float distance) {
  return measure == Measure::squared_euclidean ? std::sqrt(distance) : distance;
}

/// Rows that are at hand on all ranks: their blocks, and how far each block's rows are from its mean, at
/// most.
class Piece {
 public:
  Piece(std::vector<float>&& values, std::size_t width, std::size_t columns, Measure measure)
      : values_(std::move(values)), width_(width), measure_(measure) {
    std::vector<const float*> rows;
    for (std::size_t at = 0; at < values_.size(); at += width) rows.push_back(values_.data() + at);
    blocks_ = search::BlockedRows(rows, columns, measure);
    radii_.resize(blocks_.blocks());
    for (std::size_t b = 0; b < radii_.size(); ++b) {
      for (std::size_t i = 0; i < blocks_.rows_of(b); ++i)
        radii_[b] = std::max(radii_[b], between(blocks_.mean(b), row(b * block_rows + i)));
    }
  }
  const search::BlockedRows& blocks() const { return blocks_; }
  const float* row(std::size_t i) const { return values_.data() + i * width_; }
  float radius(std::size_t block) const { return radii_[block]; }
  float between(const float* a, const float* b) const {
    return length(measure_, search::distance(measure_, a, b, width_));
  }

 private:
  std::vector<float> values_;
  std::size_t width_;
  Measure measure_;
  search::BlockedRows blocks_;
  std::vector<float> radii_;
};

/// Compares blocks of queries with a piece; one for each thread.
class Comparer {
 public:
  Comparer(const Piece& piece, std::size_t k, std::size_t width, Measure measure)
      : piece_(piece),
        k_(k),
        width_(width),
        measure_(measure),
        scan_(piece.blocks()),
        order_(piece.blocks().blocks()) {}

  /// @param rows   at most block_rows queries
  /// @param lists  for each of them k rows, sorted; improved
  /// @param first  global index of the piece's first row
  void compare(std::span<const float* const> rows, std::span<Near> lists, base::GlobalIndex first) {
    BlockScan::Query queries[block_rows];
    for (std::size_t q = 0; q < rows.size(); ++q) {
      // Equally far ones with a smaller index may come later.
      const float bound =
          std::nextafter(lists[q * k_ + k_ - 1].distance, std::numeric_limits<float>::infinity());
      queries[q] = {rows[q], k_, bound};
    }
    scan_.start(std::span(queries, rows.size()));
    float radius = 0;
    for (const float* row : rows) radius = std::max(radius, piece_.between(scan_.mean(), row));
    distances_.resize(order_.size());
    for (std::size_t b = 0; b < order_.size(); ++b)
      distances_[b] = piece_.between(scan_.mean(), piece_.blocks().mean(b));
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
    std::ranges::sort(order_, {}, [&](std::uint32_t b) { return distances_[b]; });
    evaluations_ += static_cast<std::int64_t>(order_.size() + rows.size());
    for (const std::uint32_t b : order_) {
      const float nearest = (1 - rounding) * distances_[b] - (1 + rounding) * (radius + piece_.radius(b));
      if (nearest > length(measure_, scan_.widest_bound())) continue;
      scan_.scan(b);
      scan_.count_taken();  // draws the bounds closer
    }
    for (std::size_t q = 0; q < rows.size(); ++q)
      take(rows[q], scan_.found(q), lists.subspan(q * k_, k_), first);
  }
  std::int64_t distance_evaluations() const { return evaluations_ + scan_.distance_evaluations(); }

 private:
  void take(const float* query, std::span<const std::uint64_t> entries, std::span<Near> list,
            base::GlobalIndex first) {
    merged_.assign(list.begin(), list.end());
    for (const std::uint64_t entry : entries) {
      const std::uint32_t point = BlockScan::point_of(entry);
      merged_.push_back({search::distance(measure_, query, piece_.row(point), width_), first + point});
    }
    std::partial_sort_copy(merged_.begin(), merged_.end(), list.begin(), list.end());
  }

  const Piece& piece_;
  std::size_t k_, width_;
  Measure measure_;
  BlockScan scan_;
  std::vector<std::uint32_t> order_;
  std::vector<float> distances_;
  std::vector<Near> merged_;
  std::int64_t evaluations_ = 0;
};

/// Rows [first, first + count) of a rank, on all ranks. Collective.
std::vector<float> share_rows(const comm::Communicator& comm, const data::DistributedMatrix<float>& among,
                              base::Rank owner, std::size_t first, std::size_t count) {
  const std::size_t width = base::padded(among.columns());
  std::vector<float> values(count * width, 0.0F);
  if (comm.rank() == owner) {
    for (std::size_t i = 0; i < count; ++i)
      std::ranges::copy(among.local.row(first + i), values.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  comm.broadcast(std::span(values), owner);
  return values;
}

}  // namespace

NearestAmong nearest_among(const comm::Communicator& comm, const data::DistributedMatrix<float>& among,
                           base::MatrixView<const float> queries, std::size_t k, Metric metric) {
  FLEETSNE_EXPECT(k >= 1 && static_cast<base::GlobalIndex>(k) <= among.rows.total());
  const std::size_t columns = among.columns(), width = base::padded(columns), n = queries.rows();
  FLEETSNE_EXPECT(width > 0);
  const Measure measure = measure_of(metric);
  std::vector<float> asking;
  std::vector<Near> lists;
  comm::agree(comm, [&] {
    asking.assign(n * width, 0.0F);
    const std::size_t asked = metric == Metric::inner_product ? columns - 1 : columns;
    for (std::size_t q = 0; q < n; ++q)
      std::copy_n(queries.row(q).begin(), asked, asking.begin() + static_cast<std::ptrdiff_t>(q * width));
    lists.resize(n * k);
  });
  const std::size_t step =
      std::max<std::size_t>(piece_bytes / (width * sizeof(float)) / block_rows, 1) * block_rows;
  std::int64_t evaluations = 0;
  for (base::Rank owner = 0; owner < comm.size(); ++owner) {
    const auto rows = static_cast<std::size_t>(among.rows.count(owner));
    for (std::size_t first = 0; first < rows; first += step) {
      const Piece piece(share_rows(comm, among, owner, first, std::min(step, rows - first)), width, columns,
                        measure);
      comm::agree(comm, [&] {
        base::PerThread<Comparer> comparers(
            [&] { return std::make_unique<Comparer>(piece, k, width, measure); });
        base::parallel_for(static_cast<std::int64_t>((n + block_rows - 1) / block_rows), [&](std::int64_t b) {
          const float* block[block_rows];
          const std::size_t begin = static_cast<std::size_t>(b) * block_rows,
                            count = std::min(block_rows, n - begin);
          for (std::size_t q = 0; q < count; ++q) block[q] = asking.data() + (begin + q) * width;
          comparers.mine().compare(std::span(block, count), std::span(lists).subspan(begin * k, count * k),
                                   among.rows.begin(owner) + static_cast<base::GlobalIndex>(first));
        });
        comparers.for_each([&](const Comparer& one) { evaluations += one.distance_evaluations(); });
      });
    }
  }
  NearestAmong result;
  comm::agree(comm, [&] {
    result.rows = base::Matrix<base::GlobalIndex>(n, k);
    result.squared_distances = base::Matrix<float>(n, k);
    for (std::size_t i = 0; i < lists.size(); ++i) {
      result.rows(i / k, i % k) = lists[i].row;
      result.squared_distances(i / k, i % k) = lists[i].distance;
    }
    square_distances(metric, result.squared_distances);
  });
  result.distance_evaluations = comm.all_reduce(evaluations, comm::Reduction::sum);
  return result;
}

}  // namespace fleetsne::neighbors
