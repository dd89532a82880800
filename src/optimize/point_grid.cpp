#include "point_grid.hpp"

#include "fleetsne/optimize/spline.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace fleetsne::optimize {
namespace {

constexpr int overlap_rows = spline_order - 1;

/// Points whose weights are worked out before they are used: from memory, one number is a factor on a whole
/// vector at no cost.
constexpr std::size_t batch_points = 16;

template <class T>
using Weights = std::array<T, spline_lanes>;

template <int Degrees, class T>
void store_weights(const std::array<std::array<T, spline_lanes>, Degrees>& table, T t, Weights<T>& to) {
  evaluate<Degrees, T>(table, t).store(to.data());
}

/// The sums over the lanes of a, b and c.
template <class T>
std::array<T, 3> sums_of(const SplineLanes<T>& a, const SplineLanes<T>& b, const SplineLanes<T>& c) {
  static_assert(spline_lanes == 8);
  const auto a4 = a.folded(), b4 = b.folded(), c4 = c.folded();
  if constexpr (decltype(a4)::registers == 1) {
    const auto x = a4.part(0), y = b4.part(0), z = c4.part(0);
    const auto xy = __builtin_shufflevector(x, y, 0, 4, 2, 6) + __builtin_shufflevector(x, y, 1, 5, 3, 7);
    const auto zz = z + __builtin_shufflevector(z, z, 1, 0, 3, 2);
    const auto all =
        __builtin_shufflevector(xy, zz, 0, 1, 4, 5) + __builtin_shufflevector(xy, zz, 2, 3, 6, 7);
    return {all[0], all[1], all[2]};
  } else {
    const auto a2 = a4.folded(), b2 = b4.folded(), c2 = c4.folded();
    return {a2[0] + a2[1], b2[0] + b2[1], c2[0] + c2[1]};
  }
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
    Weights<T> down[batch_points];
    SplineLanes<T> sums[spline_order];
    for (std::size_t first_point = 0; first_point < in_row.size(); first_point += batch_points) {
      const auto batch = in_row.subspan(first_point, std::min(batch_points, in_row.size() - first_point));
      for (std::size_t i = 0; i < batch.size(); ++i)
        store_weights<spline_order, T>(table, batch[i].down, down[i]);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto across = evaluate<spline_order, T>(table, batch[i].across);
#pragma GCC unroll 8
        for (std::size_t k = 0; k < spline_order; ++k) sums[k] += across * down[i][k];
        // The points of a cell go to the grid together, at the last.
        const std::size_t next = first_point + i + 1;
        const std::int32_t column = batch[i].column;
        if (next < in_row.size() && in_row[next].column == column) continue;
#pragma GCC unroll 8
        for (std::size_t k = 0; k < spline_order; ++k) {
          T* cells = rows[k] + column;
          (SplineLanes<T>::load(cells) + sums[k]).store(cells);
          sums[k] = {};
        }
        touched_.mark(r, column);
      }
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
void PointGrid<T>::take(const BinnedPoints<T>& points, base::MatrixView<const T> grid) {
  make_room(points);
  const GridPart& part = points.part();
  for (int r = 0; r < part.rows; ++r)
    std::copy_n(grid.row(static_cast<std::size_t>(part.first_row) + static_cast<std::size_t>(r)).data() +
                    part.first_column,
                part.columns, cell_row(r));
}

template <class T>
double PointGrid<T>::read(BinnedPoints<T>& points, double inverse_step, std::span<float> forces) {
  return read_rows(points, inverse_step, forces, [](std::size_t, T) {});
}

template <class T>
void PointGrid<T>::read_each(BinnedPoints<T>& points, double inverse_step, std::span<float> forces,
                             std::span<float> potentials) {
  read_rows(points, inverse_step, forces,
            [&](std::size_t index, T potential) { potentials[index] = static_cast<float>(potential); });
}

template <class T>
template <class Tell>
double PointGrid<T>::read_rows(BinnedPoints<T>& points, double inverse_step, std::span<float> forces,
                               Tell&& tell) {
  const T scale = static_cast<T>(-0.5 * inverse_step);
  const auto& table = spline_table<spline_order, T>;
  const int rows = points.part().rows - overlap_rows;
#pragma omp parallel for schedule(dynamic, 4)
  for (int r = 0; r < rows; ++r) {
    double sum = 0;
    const auto in_row = points.row(r);
    Weights<T> down[batch_points], down_slope[batch_points];
    for (std::size_t first = 0; first < in_row.size(); first += batch_points) {
      const auto batch = in_row.subspan(first, std::min(batch_points, in_row.size() - first));
      for (std::size_t i = 0; i < batch.size(); ++i) {
        store_weights<spline_order, T>(table.value, batch[i].down, down[i]);
        store_weights<spline_order, T>(table.slope, batch[i].down, down_slope[i]);
      }
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const T* cells = cell_row(r) + batch[i].column;
        const auto first_row = SplineLanes<T>::load(cells);
        auto value = first_row * down[i][0], slope = first_row * down_slope[i][0];
#pragma GCC unroll 8
        for (std::size_t k = 1; k < spline_order; ++k) {
          cells += stride_;
          const auto lanes = SplineLanes<T>::load(cells);
          value += lanes * down[i][k];
          slope += lanes * down_slope[i][k];
        }
        const auto across = evaluate<spline_order, T>(table.value, batch[i].across);
        const auto across_slope = evaluate<spline_order, T>(table.slope, batch[i].across);
        const auto [force_x, force_y, potential] =
            sums_of<T>(value * across_slope, slope * across, value * across);
        const auto index = static_cast<std::size_t>(batch[i].index), at = 2 * index;
        tell(index, potential);
        forces[at] = static_cast<float>(scale * force_x);
        forces[at + 1] = static_cast<float>(scale * force_y);
        sum += static_cast<double>(potential);
      }
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
