#include "moves.hpp"

#include "lane_math.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::umap {
namespace {

constexpr std::size_t width = base::register_lanes<float>;
constexpr std::size_t registers = group_size / width;
constexpr float largest_gradient = 4, least_squared = 1e-12F, repulsion_margin = 0.001F;

/// Coordinates of a group's points, or of what draws or repels them.
struct Points {
  Floats x[registers], y[registers];
};

Points load(const float* x, const float* y) {
  Points points;
  for (std::size_t r = 0; r < registers; ++r) {
    points.x[r] = base::load_vector(x + r * width);
    points.y[r] = base::load_vector(y + r * width);
  }
  return points;
}

/// A group on its way.
class Mover {
 public:
  Mover(const MoveRule& rule, const float* x, const float* y)
      : b_(static_cast<float>(rule.curve.b)),
        log2_a_(static_cast<float>(std::log2(rule.curve.a))),
        pull_(2 * rule.rate),
        push_(rule.rate),
        attraction_(-2 * static_cast<float>(rule.curve.b)),
        repulsion_(2 * static_cast<float>(rule.curve.b) * rule.repulsion),
        points_(load(x, y)) {}

  /// @param share  of each point 1 if it moves, else 0
  void attract(const Points& to, const Floats (&share)[registers]) {
    for (std::size_t r = 0; r < registers; ++r) {
      const Floats dx = points_.x[r] - to.x[r], dy = points_.y[r] - to.y[r];
      const Floats squared = floored(dx * dx + dy * dy), power = scaled_power(squared);
      const Floats gradient = attraction_ * power / (squared * (1.F + power));
      points_.x[r] += share[r] * pull_ * clipped(gradient * dx);
      points_.y[r] += share[r] * pull_ * clipped(gradient * dy);
    }
  }

  void repel(const NegativePool& pool, std::size_t place, int negatives, const Floats (&share)[registers]) {
    Points sums{};
    for (int n = 0; n < negatives; ++n) {
      const Points from = load(pool.x(place), pool.y(place));
      for (std::size_t r = 0; r < registers; ++r) {
        const Floats dx = points_.x[r] - from.x[r], dy = points_.y[r] - from.y[r];
        const Floats squared = floored(dx * dx + dy * dy), power = scaled_power(squared);
        const Floats gradient = repulsion_ / ((repulsion_margin + squared) * (1.F + power));
        sums.x[r] += clipped(gradient * dx);
        sums.y[r] += clipped(gradient * dy);
      }
      place = (place + group_size) % NegativePool::size;
    }
    for (std::size_t r = 0; r < registers; ++r) {
      points_.x[r] += share[r] * push_ * sums.x[r];
      points_.y[r] += share[r] * push_ * sums.y[r];
    }
  }

  void store(float* x, float* y) const {
    for (std::size_t r = 0; r < registers; ++r) {
      base::store_vector(x + r * width, points_.x[r]);
      base::store_vector(y + r * width, points_.y[r]);
    }
  }

 private:
  static Floats floored(Floats squared) {
    return squared > least_squared ? squared : all_lanes(least_squared);
  }
  static Floats clipped(Floats gradient) { return clamp(gradient, -largest_gradient, largest_gradient); }
  /// a d^2b
  Floats scaled_power(Floats squared) const { return exp2_of(b_ * log2_of(squared) + log2_a_); }

  float b_, log2_a_, pull_, push_, attraction_, repulsion_;
  Points points_;
};

}  // namespace

void move_group(const BlockPlan& plan, const Group& group, std::uint32_t first, std::uint32_t last,
                const NegativePool& pool, const NegativePlaces& places, const MoveRule& rule,
                const float* positions, float* moved) {
  alignas(64) float x[group_size], y[group_size], share[group_size];
  for (std::size_t lane = 0; lane < group_size; ++lane) {
    const auto row = static_cast<std::size_t>(std::max(group.rows[lane], 0));
    x[lane] = positions[2 * row];
    y[lane] = positions[2 * row + 1];
  }
  Mover mover(rule, x, y);
  for (std::uint32_t round = first; round < last; ++round) {
    const auto& columns = plan.rounds[group.first + round];
    for (std::size_t lane = 0; lane < group_size; ++lane) {
      const auto column = static_cast<std::size_t>(std::max(columns[lane], 0));
      x[lane] = positions[2 * column];
      y[lane] = positions[2 * column + 1];
      share[lane] = columns[lane] < 0 ? 0.F : 1.F;
    }
    Floats shares[registers];
    for (std::size_t r = 0; r < registers; ++r) shares[r] = base::load_vector(share + r * width);
    mover.attract(load(x, y), shares);
    mover.repel(pool, places.of_round(round), rule.negatives, shares);
  }
  mover.store(x, y);
  for (std::size_t lane = 0; lane < group_size; ++lane) {
    if (group.rows[lane] < 0) continue;
    const auto row = static_cast<std::size_t>(group.rows[lane]);
    moved[2 * row] = x[lane];
    moved[2 * row + 1] = y[lane];
  }
}

}  // namespace fleetsne::umap
