#include "fleetsne/affinity/bandwidth.hpp"

#include "fleetsne/base/contracts.hpp"
#include "fleetsne/base/matrix.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

namespace fleetsne::affinity {
namespace {

constexpr double entropy_tolerance = 1e-7;
constexpr double rough_tolerance = 1e-2;  // Newton then doubles the digits: the rest takes one step or two
constexpr int max_steps = 200;  // bisection alone needs about 60 for the widest range of float distances
constexpr int max_rough_steps = 20;
constexpr double largest_rough = 1e30;  // precision, so that no product leaves float32

/// exp(-x) for x >= 0, relative error below 2e-9 (0 beyond 700), in arithmetic that the compiler can do for a
/// whole vector: 2^n by its bits, and e^r, |r| <= log(2) / 2, by its series.       [Abramowitz & Stegun 1964,
/// 4.2.1]
inline double vector_exp(double x) {
  constexpr double to_integer = 0x1.8p52;  // added, it leaves the nearest integer in the low bits
  constexpr double log2_high = 0x1.62e42fefa39efp-1, log2_low = 0x1.abc9e3b39803fp-56;
  const double bounded = x < 700 ? -x : -700;
  const double shifted = bounded * 0x1.71547652b82fep+0 + to_integer;
  const double n = shifted - to_integer;
  const double r = (bounded - n * log2_high) - n * log2_low;
  const double series =
      1 +
      r * (1 +
           r * (1. / 2 +
                r * (1. / 6 +
                     r * (1. / 24 + r * (1. / 120 + r * (1. / 720 + r * (1. / 5040 + r * (1. / 40320))))))));
  return std::bit_cast<double>(std::bit_cast<std::int64_t>(series) +
                               (std::bit_cast<std::int64_t>(shifted) << 52));
}

/// The same in float32, relative error below 1e-6: for the way to the solution, not for the solution.
inline float vector_exp(float x) {
  constexpr float to_integer = 0x1.8p23F;
  const float bounded = x < 80 ? -x : -80;
  const float shifted = bounded * 1.44269504F + to_integer;
  const float n = shifted - to_integer;
  const float r = (bounded - n * 0.693359375F) + n * 2.12194440e-4F;
  const float series = 1 + r * (1 + r * (1.F / 2 + r * (1.F / 6 + r * (1.F / 24 + r * (1.F / 120)))));
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(series) +
                              (std::bit_cast<std::int32_t>(shifted) << 23));
}

/// Sums over neighbours of e = exp(-beta d), d e and d^2 e; d is measured from the nearest neighbour.
struct Moments {
  double mass = 0, first = 0, second = 0;
  double entropy(double beta) const { return std::log(mass) + beta * first / mass; }
  double variance() const { return second / mass - (first / mass) * (first / mass); }
};

template <class Real>
Moments moments(std::span<const Real> distances, double precision) {
  const Real beta = static_cast<Real>(precision);
  const Real* values = distances.data();
  const auto count = static_cast<std::int64_t>(distances.size());
  Real mass = 0, first = 0, second = 0;
#pragma omp simd reduction(+ : mass, first, second)
  for (std::int64_t j = 0; j < count; ++j) {
    const Real d = values[j], e = vector_exp(beta * d), de = d * e;
    mass += e;
    first += de;
    second += d * de;
  }
  return {static_cast<double>(mass), static_cast<double>(first), static_cast<double>(second)};
}

/// The precision beta at which the entropy is a target, which must lie between that of beta = infinity and
/// log(k): Newton's method within a bracket.
class PrecisionSearch {
 public:
  PrecisionSearch(double target, double start) : target_(target), beta_(start) {}
  double beta() const { return beta_; }

  /// Goes on until the entropy is within `tolerance` of the target; returns the moments there.
  template <class Real>
  Moments run(std::span<const Real> distances, double tolerance) {
    constexpr bool rough = std::same_as<Real, float>;
    Moments sums;
    for (int step = 0; step < (rough ? max_rough_steps : max_steps); ++step) {
      if (rough && beta_ > largest_rough) break;
      sums = moments(distances, beta_);
      const double excess = sums.entropy(beta_) - target_;
      if (std::abs(excess) < tolerance) break;
      (excess > 0 ? low_ : high_) = beta_;
      const double newton = beta_ + excess / (beta_ * std::max(sums.variance(), 1e-300));
      if (newton > low_ && newton < high_ && newton < 8 * beta_) {
        beta_ = newton;
      } else {
        beta_ = std::isinf(high_) ? 4 * beta_ : (low_ + high_) / 2;
      }
    }
    return sums;
  }
  /// Forgets the bracket, which a rough calculation may have put a little beside the solution.
  void widen() {
    low_ = 0;
    high_ = std::numeric_limits<double>::infinity();
  }

 private:
  double target_, beta_;
  double low_ = 0, high_ = std::numeric_limits<double>::infinity();
};

/// Distances from the nearest neighbour, over their mean: so that float32 holds them whatever their scale.
struct Scratch {
  base::AlignedVector<double> exact;
  base::AlignedVector<float> rough;
  double scale = 1;  ///< what distances were multiplied with
};

/// Fills both; returns whether there is any distance but 0.
bool scale_distances(std::span<const float> squared, Scratch& scratch) {
  const auto count = static_cast<std::int64_t>(squared.size());
  scratch.exact.resize(squared.size());
  scratch.rough.resize(squared.size());
  const float* in = squared.data();
  double* exact = scratch.exact.data();
  float* rough = scratch.rough.data();
  const auto nearest = static_cast<double>(squared.front());
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t j = 0; j < count; ++j) {
    exact[j] = static_cast<double>(in[j]) - nearest;
    sum += exact[j];
  }
  if (!(sum > 0)) return false;
  const double scale = static_cast<double>(count) / sum;
  scratch.scale = scale;
#pragma omp simd
  for (std::int64_t j = 0; j < count; ++j) {
    exact[j] *= scale;
    rough[j] = static_cast<float>(exact[j]);
  }
  return true;
}

/// How many neighbours are at the smallest distance.
double count_ties(std::span<const float> squared) {
  return static_cast<double>(std::ranges::upper_bound(squared, squared.front()) - squared.begin());
}

/// Searches the precision for the scaled distances; returns the moments there.
Moments find_precision(const Scratch& scratch, PrecisionSearch& search) {
  search.run(std::span<const float>(scratch.rough), rough_tolerance);
  search.widen();
  return search.run(std::span<const double>(scratch.exact), entropy_tolerance);
}

}  // namespace

std::optional<double> precision_for(std::span<const float> squared, double perplexity) {
  FLEETSNE_EXPECT(!squared.empty() && std::ranges::is_sorted(squared));
  thread_local Scratch scratch;
  if (!scale_distances(squared, scratch) || count_ties(squared) >= perplexity) return std::nullopt;
  PrecisionSearch search(std::log(perplexity), 1);
  find_precision(scratch, search);
  return search.beta() * scratch.scale;
}

double conditional_affinities(std::span<float> values, double perplexity) {
  FLEETSNE_EXPECT(!values.empty() && std::ranges::is_sorted(values));
  thread_local Scratch scratch;
  const double ties = count_ties(values);
  if (!scale_distances(values, scratch) || ties >= perplexity) {  // no beta does it
    for (std::size_t j = 0; j < values.size(); ++j)
      values[j] = static_cast<double>(j) < ties ? static_cast<float>(1 / ties) : smallest_share;
    return std::log(ties);
  }
  PrecisionSearch search(std::log(perplexity), 1);
  const Moments sums = find_precision(scratch, search);
  const double beta = search.beta(), share = 1 / sums.mass;
  const double* distances = scratch.exact.data();
  float* out = values.data();
  const auto count = static_cast<std::int64_t>(values.size());
#pragma omp simd
  for (std::int64_t j = 0; j < count; ++j) {
    const auto p = static_cast<float>(vector_exp(beta * distances[j]) * share);
    out[j] = p > smallest_share ? p : smallest_share;
  }
  return sums.entropy(beta);
}

}  // namespace fleetsne::affinity
