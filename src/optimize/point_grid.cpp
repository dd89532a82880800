#include "point_grid.hpp"

#include "fleetsne/optimize/spline.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace fleetsne::optimize {
namespace {

constexpr int overlap_rows = spline_order - 1;

template <class T>
LaneVector<T> load(const T* from) {
  LaneVector<T> lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

template <class T>
void store(T* to, LaneVector<T> lanes) {
  std::memcpy(to, &lanes, sizeof(lanes));
}

template <class T>
T sum_of(LaneVector<T> lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

}  // namespace

template <class T>
void PointGrid<T>::make_room(const BinnedPoints<T>& points) {
  const GridPart& part = points.part();
  // Idle lanes of a part's last column stay inside; rows do not all start at the same place in the cache.
  stride_ = static_cast<std::size_t>(part.columns) + strip_columns;
  const auto grow = [](auto& buffer, std::size_t size) {
    if (buffer.size() < size) buffer.resize(size + size / 4);
  };
  grow(cells_, stride_ * static_cast<std::size_t>(part.rows));
  grow(overlaps_, stride_ * static_cast<std::size_t>(points.bands() * overlap_rows));
  grow(row_sums_, static_cast<std::size_t>(part.rows));
  touched_.reset(part);
}

template <class T>
void PointGrid<T>::spread(BinnedPoints<T>& points) {
  make_room(points);
  if (points.part().rows == 0) return;
  const int bands = points.bands();
#pragma omp parallel num_threads(bands)
  {
#pragma omp for schedule(static, 1)
    for (int band = 0; band < bands; ++band) spread_band(points, band);
#pragma omp for schedule(static, 1)
    for (int band = 0; band < bands; ++band) add_overlaps(points, band);
  }
}

template <class T>
void PointGrid<T>::spread_band(BinnedPoints<T>& points, int band) {
  const int first = points.band_begin(band), last = points.band_end(band);
  std::fill(cell_row(first), cell_row(last), T{0});
  std::fill_n(overlap_row(band, 0), overlap_rows * stride_, T{0});
  const auto& table = spline_table<spline_order, T>.value;
  for (int r = first; r < last; ++r) {
    std::array<T*, spline_order> rows;
    for (int k = 0; k < spline_order; ++k)
      rows[static_cast<std::size_t>(k)] = r + k < last ? cell_row(r + k) : overlap_row(band, r + k - last);
    const auto in_row = points.sort_row(r, band);
    for (auto point = in_row.begin(); point != in_row.end();) {
      const std::int32_t column = point->column;
      LaneVector<T> sums[spline_order]{};
      for (; point != in_row.end() && point->column == column; ++point) {
        const auto across = evaluate<spline_order, T>(table, point->across);
        const auto down = evaluate<spline_order, T>(table, point->down);
        for (std::size_t k = 0; k < spline_order; ++k) sums[k] += across * down[k];
      }
      for (std::size_t k = 0; k < spline_order; ++k) {
        T* cells = rows[k] + column;
        store<T>(cells, load(cells) + sums[k]);
      }
      touched_.mark(r, column);
    }
  }
}

/// What earlier bands spread onto this one's rows; the last band has the rows below all, too.
template <class T>
void PointGrid<T>::add_overlaps(const BinnedPoints<T>& points, int band) {
  const bool lowest = band + 1 == points.bands();
  const int first = points.band_begin(band), last = points.band_end(band) + (lowest ? overlap_rows : 0);
  if (lowest) std::fill(cell_row(points.band_end(band)), cell_row(last), T{0});
  for (int from = 0; from < band + (lowest ? 1 : 0); ++from) {
    const int start = points.band_end(from);
    for (int r = std::max(first, start); r < std::min(last, start + overlap_rows); ++r) {
      const T* overlap = overlap_row(from, r - start);
      T* cells = cell_row(r);
      for (std::size_t c = 0; c < stride_; ++c) cells[c] += overlap[c];
    }
  }
}

template <class T>
double PointGrid<T>::read(BinnedPoints<T>& points, double inverse_step, std::span<float> forces) {
  const T scale = static_cast<T>(-0.5 * inverse_step);
  const auto& table = spline_table<spline_order, T>;
  const int rows = points.part().rows - overlap_rows;
#pragma omp parallel for schedule(dynamic, 4)
  for (int r = 0; r < rows; ++r) {
    double sum = 0;
    for (const BinnedPoint<T>& point : points.row(r)) {
      const auto across = evaluate<spline_order, T>(table.value, point.across);
      const auto across_slope = evaluate<spline_order, T>(table.slope, point.across);
      const auto down = evaluate<spline_order, T>(table.value, point.down);
      const auto down_slope = evaluate<spline_order, T>(table.slope, point.down);
      const T* cells = cell_row(r) + point.column;
      LaneVector<T> value = load(cells) * down[0], slope = load(cells) * down_slope[0];
      for (int k = 1; k < spline_order; ++k) {
        cells += stride_;
        const auto lanes = load(cells);
        value += lanes * down[k];
        slope += lanes * down_slope[k];
      }
      const auto at = 2 * static_cast<std::size_t>(point.index);
      forces[at] = static_cast<float>(scale * sum_of<T>(value * across_slope));
      forces[at + 1] = static_cast<float>(scale * sum_of<T>(slope * across));
      sum += static_cast<double>(sum_of<T>(value * across));
    }
    row_sums_[static_cast<std::size_t>(r)] = sum;
  }
  double total = 0;
  for (int r = 0; r < rows; ++r) total += row_sums_[static_cast<std::size_t>(r)];
  return total;
}

template class PointGrid<float>;
template class PointGrid<double>;

}  // namespace fleetsne::optimize
