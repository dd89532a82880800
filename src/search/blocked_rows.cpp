#include "fleetsne/search/blocked_rows.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/parallel.hpp"

#include <algorithm>
#include <limits>

namespace fleetsne::search {
namespace {

constexpr std::size_t lanes = 16, halves = block_rows / lanes;
constexpr std::size_t queries_at_once = 8;  // with two registers of rows each: 16 sums stay in registers
using Lanes = float __attribute__((vector_size(lanes * sizeof(float)), aligned(alignof(float)), may_alias));

Lanes load(const float* from) {
  return *reinterpret_cast<const Lanes*>(from);
}
void store(float* to, Lanes lanes_) {
  *reinterpret_cast<Lanes*>(to) = lanes_;
}

/// -2 x.y for some queries and the rows of a block, added to what is known of the distances beforehand.
inline void products(const float* queries, const float* rows, std::size_t columns, const float* query_norms,
                     const float* row_norms, float* distances) {
  Lanes sum[queries_at_once][halves] = {};
  for (std::size_t j = 0; j < columns; ++j) {
    const Lanes low = load(rows + j * block_rows), high = load(rows + j * block_rows + lanes);
#pragma GCC unroll 8
    for (std::size_t q = 0; q < queries_at_once; ++q) {
      const float x = queries[j * block_rows + q];
      sum[q][0] += low * x;
      sum[q][1] += high * x;
    }
  }
#pragma GCC unroll 8
  for (std::size_t q = 0; q < queries_at_once; ++q) {
#pragma GCC unroll 2
    for (std::size_t h = 0; h < halves; ++h) {
      const Lanes squared = load(row_norms + h * lanes) + query_norms[q] - 2.0F * sum[q][h];
      store(distances + q * block_rows + h * lanes, squared > 0.0F ? squared : Lanes{});
    }
  }
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

BlockedRows::BlockedRows(std::span<const float* const> rows, std::size_t columns)
    : rows_(rows.size()), columns_(columns), mean_stride_(base::padded(columns)) {
  values_.resize(blocks() * columns * block_rows);
  norms_.resize(blocks() * block_rows);
  means_.resize(blocks() * mean_stride_);
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
    }
  });
}

std::size_t BlockedRows::rows_of(std::size_t block) const {
  return std::min(block_rows, rows_ - block * block_rows);
}

void BlockedRows::distances(QueryBlock& queries, std::size_t block, std::span<float> distances) const {
  const float* center = mean(block);
  const float* values = values_.data() + block * columns_ * block_rows;
  float* shifted = queries.shifted_.data();
  Lanes low_norm{}, high_norm{};
  for (std::size_t j = 0; j < columns_; ++j) {
    const Lanes low = load(queries.values_.data() + j * block_rows) - center[j];
    const Lanes high = load(queries.values_.data() + j * block_rows + lanes) - center[j];
    store(shifted + j * block_rows, low);
    store(shifted + j * block_rows + lanes, high);
    low_norm += low * low;
    high_norm += high * high;
  }
  alignas(64) float query_norms[block_rows];
  store(query_norms, low_norm);
  store(query_norms + lanes, high_norm);
  for (std::size_t q = 0; q < queries.count(); q += queries_at_once) {
    products(shifted + q, values, columns_, query_norms + q, norms_.data() + block * block_rows,
             distances.data() + q * block_rows);
  }
}

void BlockedRows::prefetch(std::size_t block) const {
  const float* values = values_.data() + block * columns_ * block_rows;
  for (std::size_t i = 0; i < columns_ * block_rows; i += lanes) __builtin_prefetch(values + i, 0, 2);
}

}  // namespace fleetsne::search
