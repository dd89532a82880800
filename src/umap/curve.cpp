#include "fleetsne/umap/curve.hpp"

#include "fleetsne/base/contracts.hpp"

#include <array>
#include <cmath>
#include <cstddef>

namespace fleetsne::umap {
namespace {

constexpr std::size_t places = 300;
constexpr int most_steps = 1000;

/// Residuals of a curve and the normal equations of its two parameters, whose logarithms move: both stay
/// above 0.
struct Fit {
  double squares = 0;
  double aa = 0, ab = 0, bb = 0;  // of J'J
  double a = 0, b = 0;            // of J'r
};

class Target {
 public:
  Target(double min_dist, double spread) {
    for (std::size_t i = 0; i < places; ++i) {
      distance_[i] = 3 * spread * static_cast<double>(i) / (places - 1);
      wanted_[i] = distance_[i] < min_dist ? 1 : std::exp(-(distance_[i] - min_dist) / spread);
    }
  }

  Fit fit(const Curve& curve) const {
    Fit result;
    for (std::size_t i = 1; i < places; ++i) {  // at distance 0 every curve is 1
      const double log_distance = std::log(distance_[i]);
      const double power = curve.a * std::exp(2 * curve.b * log_distance);
      const double value = 1 / (1 + power), residual = value - wanted_[i];
      const double by_log_a = -power * value * value;
      const double by_log_b = 2 * curve.b * log_distance * by_log_a;
      result.squares += residual * residual;
      result.aa += by_log_a * by_log_a;
      result.ab += by_log_a * by_log_b;
      result.bb += by_log_b * by_log_b;
      result.a += by_log_a * residual;
      result.b += by_log_b * residual;
    }
    return result;
  }

 private:
  std::array<double, places> distance_{}, wanted_{};
};

}  // namespace

Curve fit_curve(double min_dist, double spread) {
  FLEETSNE_EXPECT(spread > 0 && min_dist >= 0 && min_dist <= spread);
  const Target target(min_dist, spread);
  Curve best{1, 1};
  Fit at = target.fit(best);
  double damping = 1e-3;
  for (int step = 0; step < most_steps && damping < 1e12; ++step) {
    const double aa = at.aa * (1 + damping), bb = at.bb * (1 + damping);
    const double determinant = aa * bb - at.ab * at.ab;
    const Curve next{best.a * std::exp((at.ab * at.b - bb * at.a) / determinant),
                     best.b * std::exp((at.ab * at.a - aa * at.b) / determinant)};
    const Fit there = target.fit(next);
    if (there.squares < at.squares) {
      best = next;
      at = there;
      damping /= 10;
    } else {
      damping *= 10;
    }
  }
  return best;
}

}  // namespace fleetsne::umap
