#include "binned_points.hpp"

#include "fleetsne/optimize/spline.hpp"

#include <omp.h>

#include <algorithm>
#include <limits>

namespace fleetsne::optimize {
namespace {

constexpr int before = spline_order / 2 - 1;  // cells that a point touches before its own

/// A position in cells. Never negative: the grid has a margin.
struct Place {
  double across, down;
};

Place place_of(const float* position, const GridPlacement& grid) {
  return {(static_cast<double>(position[0]) - grid.origin_x) * grid.inverse_step,
          (static_cast<double>(position[1]) - grid.origin_y) * grid.inverse_step};
}

}  // namespace

template <class T>
void BinnedPoints<T>::count(std::span<const float> positions, const GridPlacement& placement, Chunk& chunk) {
  std::ranges::fill(chunk.next, 0U);
  int least = std::numeric_limits<int>::max(), most = 0;
  for (std::int64_t i = chunk.first; i < chunk.last; ++i) {
    const Place place = place_of(positions.data() + 2 * i, placement);
    const int column = static_cast<int>(place.across);
    least = std::min(least, column);
    most = std::max(most, column);
    ++chunk.next[static_cast<std::size_t>(static_cast<int>(place.down) - before)];
  }
  chunk.least_column = least;
  chunk.most_column = most;
}

/// From the chunks' counts: the part, where each row begins, and where each chunk's points of it go.
template <class T>
void BinnedPoints<T>::lay_out(const GridShape& shape) {
  const auto rows = static_cast<std::size_t>(shape.rows);
  const auto points_of_row = [&](std::size_t row) {
    std::uint32_t sum = 0;
    for (const Chunk& chunk : chunks_) sum += chunk.next[row];
    return sum;
  };
  std::size_t first = 0, last = rows;
  while (points_of_row(first) == 0) ++first;
  while (points_of_row(last - 1) == 0) --last;
  int least = std::numeric_limits<int>::max(), most = 0;
  for (const Chunk& chunk : chunks_) {
    least = std::min(least, chunk.least_column);
    most = std::max(most, chunk.most_column);
  }
  part_.first_row = static_cast<int>(first);
  part_.rows = static_cast<int>(last - first) + spline_order - 1;
  part_.first_column = (least - before) / strip_columns * strip_columns;
  const int columns = most - before + spline_order - part_.first_column;
  part_.columns = (columns + strip_columns - 1) / strip_columns * strip_columns;

  const auto points = static_cast<double>(points_.size());
  const std::size_t bands = chunks_.size();
  band_begins_.assign(bands + 1, static_cast<int>(last - first));
  band_begins_[0] = 0;
  row_begins_.assign(last - first + 1, 0);
  std::uint32_t at = 0;
  std::size_t band = 1;
  for (std::size_t row = first; row < last; ++row) {
    row_begins_[row - first] = at;
    while (band < bands && at >= points * static_cast<double>(band) / static_cast<double>(bands))
      band_begins_[band++] = static_cast<int>(row - first);
    for (Chunk& chunk : chunks_) {
      const std::uint32_t count = chunk.next[row];
      chunk.next[row] = at;
      at += count;
    }
  }
  row_begins_[last - first] = at;
}

template <class T>
void BinnedPoints<T>::scatter(std::span<const float> positions, const GridPlacement& placement,
                              Chunk& chunk) {
  const int shift = before + part_.first_column;
  for (std::int64_t i = chunk.first; i < chunk.last; ++i) {
    const Place place = place_of(positions.data() + 2 * i, placement);
    const int column = static_cast<int>(place.across), row = static_cast<int>(place.down);
    points_[chunk.next[static_cast<std::size_t>(row - before)]++] = {
        static_cast<T>(place.across - column), static_cast<T>(place.down - row), column - shift,
        static_cast<base::LocalIndex>(i)};
  }
}

template <class T>
void BinnedPoints<T>::bin(std::span<const float> positions, const GridPlacement& placement,
                          const GridShape& shape) {
  const auto points = static_cast<std::int64_t>(positions.size() / 2);
  const int threads = omp_get_max_threads();
  points_.resize(static_cast<std::size_t>(points));
  if (points == 0) {
    part_ = {};
    band_begins_.assign(static_cast<std::size_t>(threads) + 1, 0);
    return;
  }
  chunks_.resize(static_cast<std::size_t>(threads));
  scratch_.resize(static_cast<std::size_t>(threads));
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    chunks_[c].first = points * static_cast<std::int64_t>(c) / threads;
    chunks_[c].last = points * static_cast<std::int64_t>(c + 1) / threads;
    chunks_[c].next.resize(static_cast<std::size_t>(shape.rows));
  }
#pragma omp parallel num_threads(threads)
  {
    // A busy machine may grant fewer threads than were asked for: loops deal the chunks out.
#pragma omp for schedule(static, 1)
    for (int c = 0; c < threads; ++c) count(positions, placement, chunks_[static_cast<std::size_t>(c)]);
#pragma omp single
    lay_out(shape);
#pragma omp for schedule(static, 1)
    for (int c = 0; c < threads; ++c) scatter(positions, placement, chunks_[static_cast<std::size_t>(c)]);
  }
  std::uint32_t most = 0;
  for (std::size_t r = 0; r + 1 < row_begins_.size(); ++r)
    most = std::max(most, row_begins_[r + 1] - row_begins_[r]);
  for (Scratch& scratch : scratch_) {
    if (scratch.sorted.size() < most) scratch.sorted.resize(most + most / 2);
    // The part's last strip may reach beyond the grid.
    const auto columns = static_cast<std::size_t>(shape.columns) + strip_columns;
    if (scratch.next.size() < columns) scratch.next.resize(columns);
  }
}

template <class T>
std::span<BinnedPoint<T>> BinnedPoints<T>::sort_row(int row, int band) {
  const std::span<BinnedPoint<T>> points = this->row(row);
  Scratch& scratch = scratch_[static_cast<std::size_t>(band)];
  std::fill_n(scratch.next.begin(), part_.columns, 0U);
  for (const BinnedPoint<T>& point : points) ++scratch.next[static_cast<std::size_t>(point.column)];
  std::uint32_t at = 0;
  for (int c = 0; c < part_.columns; ++c) {
    const std::uint32_t count = scratch.next[static_cast<std::size_t>(c)];
    scratch.next[static_cast<std::size_t>(c)] = at;
    at += count;
  }
  for (const BinnedPoint<T>& point : points)
    scratch.sorted[scratch.next[static_cast<std::size_t>(point.column)]++] = point;
  std::copy_n(scratch.sorted.begin(), points.size(), points.begin());
  return points;
}

template class BinnedPoints<float>;
template class BinnedPoints<double>;

}  // namespace fleetsne::optimize
