#include "strip_exchange.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace fleetsne::optimize {
namespace {

/// Buffers follow the points, which spread a little in every iteration: some room, so that they grow seldom.
template <class Vector>
void resize_with_room(Vector& buffer, std::size_t size) {
  if (size > buffer.capacity()) buffer.reserve(size + size / 2);
  buffer.resize(size);
}

std::size_t sum_of(const std::vector<std::size_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

}  // namespace

template <class T>
void StripExchange<T>::set_up(std::vector<int> slab_ends) {
  slab_ends_ = std::move(slab_ends);
  parts_.resize(slab_ends_.size());
  for (auto* counts : {&mask_counts_, &their_mask_counts_, &counts_, &their_counts_})
    counts->resize(slab_ends_.size());
  // Ranks beyond the last row have none; FFTW lets their empty slabs start at row 0.
  std::partial_sum(slab_ends_.begin(), slab_ends_.end(), slab_ends_.begin(),
                   [](int before, int end) { return std::max(before, end); });
}

template <class T>
template <class Visit>
void StripExchange<T>::for_each_strip(const GridPart& part, std::size_t owner, const std::uint64_t*& mask,
                                      Visit&& visit) const {
  const int first = std::max(part.first_row, slab_begin(owner));
  const int last = std::min(part.first_row + part.rows, slab_ends_[owner]);
  const std::size_t words = TouchedStrips::words_for(part);
  for (int r = first; r < last; ++r) {
    for (std::size_t w = 0; w < words; ++w) {
      for (std::uint64_t bits = *mask++; bits != 0; bits &= bits - 1) {
        visit(r, part.first_column + strip_columns * (static_cast<int>(64 * w) + std::countr_zero(bits)));
      }
    }
  }
}

template <class T>
void StripExchange<T>::exchange_masks(const TouchedStrips& touched) {
  const auto me = static_cast<std::size_t>(comm_.rank());
  const GridPart& part = parts_[me];
  const auto words_shared = [&](const GridPart& of, std::size_t owner) {
    const int rows =
        std::min(of.first_row + of.rows, slab_ends_[owner]) - std::max(of.first_row, slab_begin(owner));
    return static_cast<std::size_t>(std::max(rows, 0)) * TouchedStrips::words_for(of);
  };
  for (std::size_t r = 0; r < parts_.size(); ++r) {
    mask_counts_[r] = words_shared(part, r);
    their_mask_counts_[r] = words_shared(parts_[r], me);
  }
  resize_with_room(masks_, sum_of(mask_counts_));
  resize_with_room(their_masks_, sum_of(their_mask_counts_));
  auto next = masks_.begin();  // slabs follow one another as ranks do, and so do their rows
  for (int r = 0; r < part.rows; ++r) {
    for (std::size_t w = 0; w < touched.words(); ++w) *next++ = touched.word(r, w);
  }
  comm_.exchange_into(std::span<const std::uint64_t>(masks_), mask_counts_, std::span(their_masks_),
                      their_mask_counts_);
  const auto count_numbers = [](const std::vector<std::uint64_t>& masks,
                                const std::vector<std::size_t>& words, std::vector<std::size_t>& numbers) {
    const std::uint64_t* mask = masks.data();
    for (std::size_t r = 0; r < words.size(); ++r) {
      numbers[r] = 0;
      for (std::size_t w = 0; w < words[r]; ++w)
        numbers[r] += strip_columns * static_cast<std::size_t>(std::popcount(*mask++));
    }
  };
  count_numbers(masks_, mask_counts_, counts_);
  count_numbers(their_masks_, their_mask_counts_, their_counts_);
  resize_with_room(strips_, sum_of(counts_));
  resize_with_room(their_strips_, sum_of(their_counts_));
}

template <class T>
void StripExchange<T>::collect(const GridPart& part, const TouchedStrips& touched,
                               base::MatrixView<const T> values, T* rows, std::ptrdiff_t stride) {
  comm_.all_gather_into(part, std::span(parts_));
  exchange_masks(touched);
  const std::uint64_t* mask = masks_.data();
  T* to = strips_.data();
  for (std::size_t owner = 0; owner < parts_.size(); ++owner) {
    for_each_strip(part, owner, mask, [&](int row, int column) {
      const T* from = values.row(static_cast<std::size_t>(row - part.first_row)).data();
      to = std::copy_n(from + (column - part.first_column), strip_columns, to);
    });
  }
  comm_.exchange_into(std::span<const T>(strips_), counts_, std::span(their_strips_), their_counts_);
  const auto me = static_cast<std::size_t>(comm_.rank());
  mask = their_masks_.data();
  const T* next = their_strips_.data();
  for (const GridPart& from : parts_) {  // in rank order: a fixed order of summation
    for_each_strip(from, me, mask, [&](int row, int column) {
      T* cells = rows + (row - slab_begin(me)) * stride + column;
      for (int c = 0; c < strip_columns; ++c) cells[c] += *next++;
    });
  }
}

template <class T>
void StripExchange<T>::give_back(const T* rows, std::ptrdiff_t stride, base::MatrixView<T> values) {
  const auto me = static_cast<std::size_t>(comm_.rank());
  const std::uint64_t* mask = their_masks_.data();
  T* to = their_strips_.data();
  for (const GridPart& part : parts_) {
    for_each_strip(part, me, mask, [&](int row, int column) {
      to = std::copy_n(rows + (row - slab_begin(me)) * stride + column, strip_columns, to);
    });
  }
  comm_.exchange_into(std::span<const T>(their_strips_), their_counts_, std::span(strips_), counts_);
  const GridPart& part = parts_[me];
  mask = masks_.data();
  const T* next = strips_.data();
  for (std::size_t owner = 0; owner < parts_.size(); ++owner) {
    for_each_strip(part, owner, mask, [&](int row, int column) {
      T* cells = values.row(static_cast<std::size_t>(row - part.first_row)).data();
      std::copy_n(next, strip_columns, cells + (column - part.first_column));
      next += strip_columns;
    });
  }
}

template class StripExchange<float>;
template class StripExchange<double>;

}  // namespace fleetsne::optimize
