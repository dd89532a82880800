#include "local_search.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/search/distance.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <limits>
#include <numeric>

namespace fleetsne::search {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMap = Eigen::Map<const RowMajor>;

constexpr std::size_t query_block = 128;
constexpr std::size_t tile_elements = std::size_t{1}
                                      << 15;  // rows of a tile: as many as fill half of a small L2

/// Relative rounding bound of the distances found by matrix products. With q and x centred (their rounding:
/// one unit each), any order of summation gives |dot error| <= w u |q||x| for w columns, the norms are
/// rounded from float64, and the kernel's own error is at most w u |q - x|^2. All are multiples of
/// (|q| + |x|)^2 <= 2 (|q|^2 + |x|^2); 16 more units cover the roundings of what is done with them.
float rounding_bound(std::size_t width) {
  return 2.0F * static_cast<float>(2 * width + 16) * 0.5F * std::numeric_limits<float>::epsilon();
}

double subtract(const float* row, const float* center, std::size_t width, float* to) {
  double norm = 0.0;
  for (std::size_t j = 0; j < width; ++j) {
    to[j] = row[j] - center[j];
    norm += static_cast<double>(to[j]) * static_cast<double>(to[j]);
  }
  return norm;
}

base::AlignedVector<float> mean_row(base::MatrixView<const float> rows, std::size_t width) {
  // Any centre gives the same result; a good one makes the bound tight. A sample of the rows is enough.
  const std::size_t step = std::max<std::size_t>(rows.rows() / 4096, 1);
  std::vector<double> sum(width, 0.0);
  double count = 0;
  for (std::size_t i = 0; i < rows.rows(); i += step, ++count) {
    for (std::size_t j = 0; j < width; ++j) sum[j] += static_cast<double>(rows.data()[i * rows.stride() + j]);
  }
  base::AlignedVector<float> mean(width, 0.0F);
  for (std::size_t j = 0; j < width && count > 0; ++j) mean[j] = static_cast<float>(sum[j] / count);
  return mean;
}

/// Keeps the k smallest as a heap, largest on top.
void offer(std::vector<Found>& best, std::size_t k, const Found& found) {
  if (best.size() < k) {
    best.push_back(found);
    std::push_heap(best.begin(), best.end());
  } else if (found < best.front()) {
    std::pop_heap(best.begin(), best.end());
    best.back() = found;
    std::push_heap(best.begin(), best.end());
  }
}

}  // namespace

LocalSearch::LocalSearch(base::MatrixView<const float> rows, std::span<const base::GlobalIndex> origins,
                         Measure measure)
    : rows_(rows),
      origins_(origins),
      measure_(measure),
      width_(base::padded(rows.columns())),
      center_(mean_row(rows, width_)) {
  FLEETSNE_EXPECT(rows.rows() == 0 || rows.stride() >= width_);
  FLEETSNE_EXPECT(origins.size() == rows.rows());
  low_norms_.resize(rows.rows());
  const double lowered = 1.0 - static_cast<double>(rounding_bound(width_));
  constexpr std::size_t chunk = 4096;
  base::parallel_for(static_cast<std::int64_t>((rows.rows() + chunk - 1) / chunk), [&](std::int64_t c) {
    base::AlignedVector<float> centred(width_);
    const std::size_t first = static_cast<std::size_t>(c) * chunk;
    for (std::size_t i = first; i < std::min(first + chunk, rows_.rows()); ++i) {
      const double norm = subtract(rows_.data() + i * rows_.stride(), center_.data(), width_, centred.data());
      low_norms_[i] = static_cast<float>(norm * lowered);
    }
  });
}

std::vector<std::vector<Found>> LocalSearch::nearest(base::MatrixView<const float> queries,
                                                     std::span<const base::GlobalIndex> skip,
                                                     std::size_t k) const {
  std::vector<std::vector<Found>> best(queries.rows());
  if (queries.rows() == 0 || rows_.rows() == 0 || k == 0) return best;
  // Few queries are spread over the threads all the same.
  const std::size_t block = std::clamp<std::size_t>(queries.rows() / 16, 16, query_block);
  base::parallel_for(static_cast<std::int64_t>((queries.rows() + block - 1) / block), [&](std::int64_t b) {
    const std::size_t first = static_cast<std::size_t>(b) * block;
    const std::size_t count = std::min(block, queries.rows() - first);
    const auto here = std::span(best).subspan(first, count);
    if (measure_ == Measure::squared_euclidean) {
      search_block(queries.middle_rows(first, count), skip.subspan(first, count), k, here);
    } else {
      search_pairs(queries.middle_rows(first, count), skip.subspan(first, count), k, here);
    }
  });
  return best;
}

void LocalSearch::search_pairs(base::MatrixView<const float> queries, std::span<const base::GlobalIndex> skip,
                               std::size_t k, std::span<std::vector<Found>> best) const {
  constexpr std::size_t tile = 64;  // rows that stay near while the queries go past them
  for (std::size_t first = 0; first < rows_.rows(); first += tile) {
    for (std::size_t q = 0; q < queries.rows(); ++q) {
      const float* query = queries.data() + q * queries.stride();
      for (std::size_t i = first; i < std::min(first + tile, rows_.rows()); ++i) {
        if (origins_[i] == skip[q]) continue;
        const float d = distance(measure_, query, rows_.data() + i * rows_.stride(), width_);
        offer(best[q], k, {d, static_cast<base::LocalIndex>(i), origins_[i]});
      }
    }
  }
  for (auto& list : best) std::sort_heap(list.begin(), list.end());
}

void LocalSearch::search_block(base::MatrixView<const float> queries, std::span<const base::GlobalIndex> skip,
                               std::size_t k, std::span<std::vector<Found>> best) const {
  const std::size_t n = rows_.rows(), tile = std::clamp<std::size_t>(tile_elements / width_, 32, 512);
  const std::size_t tiles = (n + tile - 1) / tile;
  base::AlignedVector<float> centred_queries(queries.rows() * width_), low_query_norms(queries.rows());
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    const double norm = subtract(queries.data() + q * queries.stride(), center_.data(), width_,
                                 centred_queries.data() + q * width_);
    low_query_norms[q] = static_cast<float>(norm * (1.0 - static_cast<double>(rounding_bound(width_))));
    best[q].reserve(std::min(k, n));
  }
  base::AlignedVector<float> centred(tile * width_), products(queries.rows() * tile);
  // Tiles are taken in a scattered order: rows stand in an order of nearness, and walking towards a query
  // would improve its list at every step.
  std::size_t stride = tiles * 5 / 8 | 1;
  while (std::gcd(stride, tiles) != 1) stride += 2;
  for (std::size_t t = 0; t < tiles; ++t) {
    const std::size_t first = t * stride % tiles * tile, count = std::min(tile, n - first);
    for (std::size_t i = 0; i < count; ++i) {
      const float* row = rows_.data() + (first + i) * rows_.stride();
      for (std::size_t j = 0; j < width_; ++j) centred[i * width_ + j] = row[j] - center_[j];
    }
    const auto rows_here = static_cast<Eigen::Index>(count), width = static_cast<Eigen::Index>(width_);
    Eigen::Map<RowMajor> dots(products.data(), static_cast<Eigen::Index>(queries.rows()), rows_here);
    dots.noalias() = ConstMap(centred_queries.data(), static_cast<Eigen::Index>(queries.rows()), width) *
                     ConstMap(centred.data(), rows_here, width).transpose();
    for (std::size_t q = 0; q < queries.rows(); ++q) {
      const float* dot = products.data() + q * count;
      const float* norm = low_norms_.data() + first;
      auto limit = std::numeric_limits<float>::infinity();
      if (best[q].size() == k) limit = best[q].front().squared_distance - low_query_norms[q];
      constexpr std::size_t group = 16;
      for (std::size_t g = 0; g < count; g += group) {
        const std::size_t end = std::min(g + group, count);
        int any = 0;
        for (std::size_t i = g; i < end; ++i) any |= static_cast<int>(norm[i] - 2.0F * dot[i] <= limit);
        if (any == 0) continue;
        for (std::size_t i = g; i < end; ++i) {
          if (!(norm[i] - 2.0F * dot[i] <= limit) || origins_[first + i] == skip[q]) continue;
          const float distance = squared_distance(queries.data() + q * queries.stride(),
                                                  rows_.data() + (first + i) * rows_.stride(), width_);
          offer(best[q], k, {distance, static_cast<base::LocalIndex>(first + i), origins_[first + i]});
          if (best[q].size() == k) limit = best[q].front().squared_distance - low_query_norms[q];
        }
      }
    }
  }
  for (auto& list : best) std::sort_heap(list.begin(), list.end());
}

}  // namespace fleetsne::search
