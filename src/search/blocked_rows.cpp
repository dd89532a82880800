#include "fleetsne/search/blocked_rows.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/lanes.hpp"
#include "fleetsne/base/parallel.hpp"

#include <algorithm>
#include <limits>

namespace fleetsne::search {
namespace {

constexpr std::size_t lanes = base::register_lanes<float>;
// With two registers of rows for so many queries at once, the sums stay in registers: of AVX-512 there are
// 32, else 16.
constexpr std::size_t registers = 2, width = registers * lanes;
constexpr std::size_t queries_at_once = base::register_bytes == 64 ? 8 : 6;
constexpr std::size_t queries_last =
    block_rows % queries_at_once == 0 ? queries_at_once : block_rows % queries_at_once;
using Lanes = base::Vector<float>;
using base::load_vector;
using base::store_vector;

/// For some queries and `width` rows of a block: add(sum, values of the rows, value of the query) for every
/// column, then finish(sum, what is known of the rows, number of the query).
template <std::size_t Count, class Add, class Finish>
[[gnu::always_inline]] inline void compare(const float* queries, const float* rows, std::size_t columns,
                                           const float* row_norms, float* distances, Add&& add,
                                           Finish&& finish) {
  Lanes sum[Count][registers] = {};
  for (std::size_t j = 0; j < columns; ++j) {
    const Lanes low = load_vector(rows + j * block_rows), high = load_vector(rows + j * block_rows + lanes);
#pragma GCC unroll 8
    for (std::size_t q = 0; q < Count; ++q) {
      const float x = queries[j * block_rows + q];
      add(sum[q][0], low, x);
      add(sum[q][1], high, x);
    }
  }
#pragma GCC unroll 8
  for (std::size_t q = 0; q < Count; ++q) {
#pragma GCC unroll 2
    for (std::size_t r = 0; r < registers; ++r)
      store_vector(distances + q * block_rows + r * lanes,
                   finish(sum[q][r], load_vector(row_norms + r * lanes), q));
  }
}

/// -2 x.y, added to what is known of the distances beforehand.
template <std::size_t Count>
inline void products(const float* queries, const float* rows, std::size_t columns, const float* query_norms,
                     const float* row_norms, float* distances) {
  compare<Count>(
      queries, rows, columns, row_norms, distances, [](Lanes& sum, const Lanes& y, float x) { sum += y * x; },
      [&](const Lanes& sum, const Lanes& norms, std::size_t q) {
        const Lanes squared = norms + query_norms[q] - 2.0F * sum;
        return squared > 0.0F ? squared : Lanes{};
      });
}

/// Sums over the columns of `of_difference(y_j - x_j)`.
template <std::size_t Count, class OfDifference>
inline void sums(const float* queries, const float* rows, std::size_t columns, const float* row_norms,
                 float* distances, OfDifference&& of_difference) {
  compare<Count>(
      queries, rows, columns, row_norms, distances,
      [&](Lanes& sum, const Lanes& y, float x) {
        const Lanes apart = y - x;
        sum += of_difference(apart);
      },
      [](const Lanes& sum, const Lanes& norms, std::size_t) { return sum + norms; });
}

/// The queries less `center`, and the squares of what is left.
inline void shift(const float* queries, const float* center, std::size_t columns, float* shifted,
                  float* norms) {
  constexpr std::size_t all = block_rows / lanes;
  Lanes norm[all] = {};
  for (std::size_t j = 0; j < columns; ++j) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < all; ++r) {
      const Lanes moved = load_vector(queries + j * block_rows + r * lanes) - center[j];
      store_vector(shifted + j * block_rows + r * lanes, moved);
      norm[r] += moved * moved;
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < all; ++r) store_vector(norms + r * lanes, norm[r]);
}

/// Whether rows of a block are so much nearer to each other than to its mean that rounded products cannot
/// tell how near: it holds rows of several groups of near copies.
bool needs_differences(std::span<const float* const> rows, std::size_t columns, const float* norms) {
  constexpr float lost = 1e-6F, kept = 0.25F;  // of |y - c|^2 by rounding; of a distance at least
  const float bound = lost / kept * *std::max_element(norms, norms + rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      float sum = 0;
      for (std::size_t c = 0; c < columns && sum < bound; ++c)
        sum += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
      if (sum < bound) return true;
    }
  return false;
}

}  // namespace

QueryBlock::QueryBlock(std::size_t columns)
    : columns_(columns), values_(columns * block_rows), shifted_(columns * block_rows), mean_(columns) {}

void QueryBlock::load(std::span<const float* const> rows) {
  FLEETSNE_EXPECT(!rows.empty() && rows.size() <= block_rows);
  count_ = rows.size();
  for (std::size_t j = 0; j < columns_; ++j) {
    float sum = 0;
    for (std::size_t q = 0; q < block_rows; ++q) values_[j * block_rows + q] = rows[q < count_ ? q : 0][j];
    for (std::size_t q = 0; q < count_; ++q) sum += values_[j * block_rows + q];
    mean_[j] = sum / static_cast<float>(count_);
  }
}

BlockedRows::BlockedRows(std::span<const float* const> rows, std::size_t columns, Measure measure)
    : rows_(rows.size()), columns_(columns), mean_stride_(base::padded(columns)), measure_(measure) {
  values_.resize(blocks() * columns * block_rows);
  norms_.resize(blocks() * block_rows);
  means_.resize(blocks() * mean_stride_);
  differences_.resize(blocks());
  constexpr std::size_t chunk = 64;  // blocks for a thread at a time
  base::parallel_for(static_cast<std::int64_t>((blocks() + chunk - 1) / chunk), [&](std::int64_t c) {
    const std::size_t first = static_cast<std::size_t>(c) * chunk;
    for (std::size_t b = first; b < std::min(first + chunk, blocks()); ++b) {
      const auto members = rows.subspan(b * block_rows, rows_of(b));
      float* mean = means_.data() + b * mean_stride_;
      std::fill_n(mean, mean_stride_, 0.0F);
      for (const float* row : members) {
        for (std::size_t j = 0; j < columns; ++j) mean[j] += row[j];
      }
      for (std::size_t j = 0; j < columns; ++j) mean[j] /= static_cast<float>(members.size());
      float* values = values_.data() + b * columns * block_rows;
      std::fill_n(values, columns * block_rows, 0.0F);
      std::fill_n(norms_.data() + b * block_rows, block_rows, std::numeric_limits<float>::infinity());
      for (std::size_t i = 0; i < members.size(); ++i) {
        float norm = 0;
        for (std::size_t j = 0; j < columns; ++j) {
          const float x = members[i][j] - mean[j];
          values[j * block_rows + i] = x;
          norm += x * x;
        }
        norms_[b * block_rows + i] = norm;
      }
      float* norms = norms_.data() + b * block_rows;
      differences_[b] = measure_ == Measure::manhattan || needs_differences(members, columns, norms) ? 1 : 0;
      if (differences_[b] != 0) std::fill_n(norms, members.size(), 0.0F);
    }
  });
}

std::size_t BlockedRows::rows_of(std::size_t block) const {
  return std::min(block_rows, rows_ - block * block_rows);
}

void BlockedRows::distances(QueryBlock& queries, std::size_t block, std::span<float> distances) const {
  const float* values = values_.data() + block * columns_ * block_rows;
  float* shifted = queries.shifted_.data();
  alignas(64) float query_norms[block_rows];
  shift(queries.values_.data(), mean(block), columns_, shifted, query_norms);
  const auto multiply = [&]<std::size_t Count>(std::size_t q) {
    for (std::size_t first = 0; first < block_rows; first += width) {
      const float* norms = norms_.data() + block * block_rows + first;
      float* out = distances.data() + q * block_rows + first;
      if (measure_ == Measure::manhattan) {
        sums<Count>(shifted + q, values + first, columns_, norms, out,
                    [](const Lanes& apart) { return apart > 0.0F ? apart : -apart; });
      } else if (differences_[block] != 0) {
        sums<Count>(shifted + q, values + first, columns_, norms, out,
                    [](const Lanes& apart) { return apart * apart; });
      } else {
        products<Count>(shifted + q, values + first, columns_, query_norms + q, norms, out);
      }
    }
  };
  std::size_t q = 0;
  for (; q < queries.count() && q + queries_at_once <= block_rows; q += queries_at_once)
    multiply.operator()<queries_at_once>(q);
  if (q < queries.count()) multiply.operator()<queries_last>(q);
}

void BlockedRows::prefetch(std::size_t block) const {
  constexpr std::size_t line = 16;
  const float* values = values_.data() + block * columns_ * block_rows;
  for (std::size_t i = 0; i < columns_ * block_rows; i += line) __builtin_prefetch(values + i, 0, 2);
}

}  // namespace fleetsne::search
