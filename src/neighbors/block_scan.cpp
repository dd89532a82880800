#include "block_scan.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace fleetsne::neighbors {
namespace {

using search::block_rows;

// Distances of the blocked product are right to some 1e-6 of what they are made of: so many points beyond the
// limit are kept that the exact ones can be told from them.
constexpr std::size_t slack = 8;
constexpr std::size_t least_room = 256;  // entries that a list takes in before it is cut back

/// Bit i is set if distances[i] < bound, for block_rows distances.
std::uint32_t below(const float* distances, float bound) {
  static_assert(block_rows == 32);
#if defined(__AVX512F__)
  const __m512 limit = _mm512_set1_ps(bound);
  const auto low = _mm512_cmp_ps_mask(_mm512_loadu_ps(distances), limit, _CMP_LT_OQ);
  const auto high = _mm512_cmp_ps_mask(_mm512_loadu_ps(distances + 16), limit, _CMP_LT_OQ);
  return static_cast<std::uint32_t>(low) | static_cast<std::uint32_t>(high) << 16;
#elif defined(__AVX__)
  const __m256 limit = _mm256_set1_ps(bound);
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < block_rows; i += 8) {
    const __m256 nearer = _mm256_cmp_ps(_mm256_loadu_ps(distances + i), limit, _CMP_LT_OQ);
    mask |= static_cast<std::uint32_t>(_mm256_movemask_ps(nearer)) << i;
  }
  return mask;
#else
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < block_rows; ++i) mask |= static_cast<std::uint32_t>(distances[i] < bound) << i;
  return mask;
#endif
}

float distance_of(std::uint64_t entry) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(entry >> 32));
}

}  // namespace

BlockScan::BlockScan(const search::BlockedRows& blocks)
    : blocks_(blocks),
      queries_(blocks.columns()),
      distances_(block_rows * block_rows),
      mean_(base::padded(blocks.columns()), 0.0F),
      lists_(block_rows) {}

void BlockScan::start(std::span<const Query> queries) {
  const float* rows[block_rows];
  count_ = queries.size();
  for (std::size_t q = 0; q < count_; ++q) {
    rows[q] = queries[q].row;
    List& list = lists_[q];
    list.limit = queries[q].limit;
    list.size = 0;
    list.bound = list.limit == 0 ? 0.0F : queries[q].bound;
    // Of its own limit alone, so that the same queries find the same whoever came before.
    list.capacity = list.limit + slack + std::max(list.limit, least_room) + block_rows;
    if (list.entries.size() < list.capacity) list.entries.resize(list.capacity);
  }
  queries_.load(std::span(rows, count_));
  std::ranges::copy(queries_.mean(), mean_.begin());
  taken_ = 0;
}

void BlockScan::scan(std::size_t block) {
  blocks_.distances(queries_, block, distances_);
  evaluations_ += static_cast<std::int64_t>(count_ * blocks_.rows_of(block));
  const auto first_point = static_cast<std::uint32_t>(block * block_rows);
  for (std::size_t q = 0; q < count_; ++q) {
    const float* distances = distances_.data() + q * block_rows;
    const std::uint32_t hits = below(distances, lists_[q].bound);
    if (hits != 0) take(lists_[q], hits, distances, first_point);
  }
}

void BlockScan::take(List& list, std::uint32_t hits, const float* distances, std::uint32_t first_point) {
  if (list.size + block_rows > list.capacity) prune(list);
  taken_ += std::popcount(hits);
  std::uint64_t* to = list.entries.data() + list.size;
  list.size += static_cast<std::size_t>(std::popcount(hits));
  for (; hits != 0; hits &= hits - 1) {
    const auto i = static_cast<std::uint32_t>(std::countr_zero(hits));
    *to++ = static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(distances[i])) << 32 | (first_point + i);
  }
}

void BlockScan::prune(List& list) {
  const std::size_t kept = list.limit + slack;
  if (list.size <= kept) return;
  const auto first = list.entries.begin();
  std::nth_element(first, first + static_cast<std::ptrdiff_t>(kept - 1),
                   first + static_cast<std::ptrdiff_t>(list.size));
  list.bound = distance_of(list.entries[kept - 1]);
  list.size = kept;
}

float BlockScan::widest_bound() const {
  float widest = 0;
  for (std::size_t q = 0; q < count_; ++q) widest = std::max(widest, lists_[q].bound);
  return widest;
}

std::int64_t BlockScan::count_taken() {
  // A bound that many points have slipped under since it was set would make the next count too high.
  for (std::size_t q = 0; q < count_; ++q) {
    if (lists_[q].size > lists_[q].limit + slack + lists_[q].limit / 2) prune(lists_[q]);
  }
  return std::exchange(taken_, 0);
}

std::span<const std::uint64_t> BlockScan::found(std::size_t q) {
  prune(lists_[q]);
  return std::span(lists_[q].entries).first(lists_[q].size);
}

}  // namespace fleetsne::neighbors
