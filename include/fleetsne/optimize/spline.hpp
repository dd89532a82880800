#pragma once

#include "fleetsne/base/lanes.hpp"

#include <array>
#include <cstddef>

namespace fleetsne::optimize {

/// Lanes of the vectors that hold a point's weights in one direction; weights beyond the order are zero.
inline constexpr int spline_lanes = 8;

template <class T>
using SplineLanes = base::Lanes<T, spline_lanes>;

/// The pieces of a centred B-spline and of its derivative as polynomials in the position t in [0, 1) within a
/// cell: weight l of a point is sum over d of coefficient[d][l] t^d, for the grid points base .. base + Order
/// - 1 with base = floor(u) - Order / 2 + 1.                                                   [de Boor 1978,
/// chapter X]
template <int Order, class T>
struct SplineTable {
  static_assert(Order % 2 == 0 && Order >= 2 && Order <= spline_lanes);
  std::array<std::array<T, spline_lanes>, Order> value{};
  std::array<std::array<T, spline_lanes>, Order> slope{};  // one degree less: the last row is zero

  constexpr SplineTable() {
    // pieces[j] is the cardinal B-spline on [j, j + 1] as a polynomial in t; order 1 is a box.
    std::array<std::array<double, Order>, Order> pieces{};
    pieces[0][0] = 1;
    for (int m = 2; m <= Order; ++m) {
      std::array<std::array<double, Order>, Order> next{};
      for (int j = 0; j < m; ++j) {
        for (int d = 0; d < m - 1; ++d) {
          if (j < m - 1) {  // (t + j) pieces[j]
            next[j][d] += j * pieces[j][d] / (m - 1);
            next[j][d + 1] += pieces[j][d] / (m - 1);
          }
          if (j > 0) {  // (m - t - j) pieces[j - 1]
            next[j][d] += (m - j) * pieces[j - 1][d] / (m - 1);
            next[j][d + 1] -= pieces[j - 1][d] / (m - 1);
          }
        }
      }
      pieces = next;
    }
    for (int l = 0; l < Order; ++l) {
      for (int d = 0; d < Order; ++d) {
        value[d][l] = static_cast<T>(pieces[Order - 1 - l][d]);
        if (d > 0) slope[d - 1][l] = static_cast<T>(d * pieces[Order - 1 - l][d]);
      }
    }
  }

  /// The spline at the integers 0 .. Order / 2 - 1 (it is even).
  constexpr std::array<double, Order / 2> samples() const {
    std::array<double, Order / 2> result{};
    for (int n = 0; n < Order / 2; ++n) result[n] = static_cast<double>(value[0][Order / 2 - 1 + n]);
    return result;
  }
};

template <int Order, class T>
inline constexpr SplineTable<Order, T> spline_table{};

/// A polynomial in t with eight coefficients a degree, by Horner's rule.
template <int Degrees, class T>
inline SplineLanes<T> evaluate(const std::array<std::array<T, spline_lanes>, Degrees>& rows, T t) {
  auto sum = SplineLanes<T>::load(rows[Degrees - 1].data());
#pragma GCC unroll 8
  for (int d = Degrees - 2; d >= 0; --d) sum = sum * t + SplineLanes<T>::load(rows[d].data());
  return sum;
}

}  // namespace fleetsne::optimize
