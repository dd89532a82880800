#include "fleetsne/neighbors/given_values.hpp"

#include "backend.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace fleetsne::neighbors {
namespace {

// A value fits if it is the computed one but for this share (half precision has 1e-3), and for rounding.
constexpr double tolerance = 2e-3;
// With an inner product the measures hardly differ: a share of them says nothing.
constexpr double tolerance_of_products = 1e-5;
// So many must fit: equal rows and a tool's own approximations may not.
constexpr double fitting_share = 0.95;
constexpr double resembling_deviation = 0.25;

double squared(double value, double /*offset*/) {
  return value * std::abs(value);
}
double itself(double value, double /*offset*/) {
  return value;
}
double negated(double value, double /*offset*/) {
  return -value;
}
double root(double measured) {
  return std::sqrt(measured);
}
double same(double measured) {
  return measured;
}
double half(double measured) {
  return measured / 2;
}

constexpr std::array euclidean_kinds{
    ValueKind{"distances", squared, root},
    ValueKind{"squared distances", itself, same},
    ValueKind{"distances with the sign changed",
              [](double value, double offset) { return squared(-value, offset); }, nullptr, true},
    ValueKind{"squared distances with the sign changed", negated, nullptr, true},
};

// Of unit rows, measured = 2 - 2 cos. hnswlib, scikit-learn, PyNNDescent and scanpy store 1 - cos; faiss cos
// or, searching unit rows, 2 - 2 cos; Annoy the root of that; others the angle.
constexpr std::array angular_kinds{
    ValueKind{"distances", [](double value, double) { return 2 * value; }, half},
    ValueKind{"similarities (the cosine or the correlation)",
              [](double value, double) { return 2 * (1 - value); }, nullptr, true},
    ValueKind{"negative similarities", [](double value, double) { return 2 * (1 + value); }},
    ValueKind{"Euclidean distances between rows of unit length", squared, root},
    ValueKind{"angles", [](double value, double) { return 2 - 2 * std::cos(value); }},
    ValueKind{"angles divided by pi",
              [](double value, double) { return 2 - 2 * std::cos(std::numbers::pi * value); }},
    ValueKind{"1 - angle / pi",
              [](double value, double) { return 2 - 2 * std::cos(std::numbers::pi * (1 - value)); }, nullptr,
              true},
    ValueKind{"similarities (1 + cos) / 2", [](double value, double) { return 4 * (1 - value); }, nullptr,
              true},
};

constexpr std::array product_kinds{
    ValueKind{"distances", squared},
    ValueKind{"inner products", [](double value, double offset) { return offset - 2 * value; }, nullptr,
              true},
    ValueKind{"1 - inner product", [](double value, double offset) { return offset - 2 * (1 - value); }},
    ValueKind{"negative inner products", [](double value, double offset) { return offset + 2 * value; }},
    ValueKind{"squared distances", itself},
};

constexpr std::array manhattan_kinds{
    ValueKind{"distances", itself, same},
    ValueKind{"squared distances", [](double value, double) { return value < 0 ? value : std::sqrt(value); }},
    ValueKind{"distances with the sign changed", negated, nullptr, true},
};

std::span<const ValueKind> kinds_of(Metric metric) {
  switch (metric) {
    case Metric::euclidean:
      return euclidean_kinds;
    case Metric::cosine:
    case Metric::correlation:
      return angular_kinds;
    case Metric::inner_product:
      return product_kinds;
    case Metric::manhattan:
      return manhattan_kinds;
  }
  return {};
}

double quantile(std::vector<double>& values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + at);
  return values[static_cast<std::size_t>(at)];
}

/// The measure that a value says, its factor taken away.
double measure(const ValueKind& kind, double value, double factor, double offset) {
  return kind.measured(value / factor, offset);
}

/// The quotients value / value(measured) of those neighbors that are more than rounding away.
std::vector<double> quotients(std::span<const ComparedNeighbor> sample, const ValueKind& kind) {
  std::vector<double> found;
  for (const ComparedNeighbor& one : sample)
    if (one.measured > one.rounding)
      found.push_back(static_cast<double>(one.listed.value) / kind.value(one.measured));
  return found;
}

/// The factor that most of the sample has; none if there is no sensible one.
std::optional<double> common_factor(std::span<const ComparedNeighbor> sample, const ValueKind& kind) {
  std::vector<double> found = quotients(sample, kind);
  if (found.empty()) return std::nullopt;
  const double factor = quantile(found, 0.5);
  return std::isfinite(factor) && factor > 0 ? std::optional(factor) : std::nullopt;
}

/// Of pairs in one list: how many more the value orders as the measure does than the other way round, as a
/// share of all that both order.
double agreement(std::span<const ComparedNeighbor> sample) {
  std::int64_t alike = 0, unlike = 0;
  for (std::size_t i = 0; i < sample.size(); ++i)
    for (std::size_t j = i + 1; j < sample.size() && sample[j].listed.row == sample[i].listed.row; ++j) {
      const double measures = sample[i].measured - sample[j].measured;
      const double values =
          static_cast<double>(sample[i].listed.value) - static_cast<double>(sample[j].listed.value);
      if (std::abs(measures) <= sample[i].rounding || values == 0) continue;
      (measures > 0) == (values > 0) ? ++alike : ++unlike;
    }
  return alike + unlike == 0 ? 0 : static_cast<double>(alike - unlike) / static_cast<double>(alike + unlike);
}

}  // namespace

float RecognizedValues::squared_distance(float value, double offset, Metric metric) const {
  const double measured = measure(kind, static_cast<double>(value), factor, offset);
  if (!(measured >= -rounding)) return std::numeric_limits<float>::quiet_NaN();
  return square_distance(metric, static_cast<float>(std::max(measured, 0.0)));
}

std::optional<RecognizedValues> recognize_values(std::span<const ComparedNeighbor> sample, Metric metric) {
  const auto kinds = kinds_of(metric);
  const double share = metric == Metric::inner_product ? tolerance_of_products : tolerance;
  const auto fit = [&](const ValueKind& kind, double factor) -> std::optional<RecognizedValues> {
    RecognizedValues found{.kind = kind, .as_expected = &kind == kinds.data(), .factor = factor};
    std::size_t fitting = 0;
    for (const ComparedNeighbor& one : sample) {
      const double measured = measure(kind, static_cast<double>(one.listed.value), factor, one.offset);
      if (std::abs(measured - one.measured) <= share * one.measured + one.rounding) ++fitting;
      found.rounding = std::max(found.rounding, one.rounding);
    }
    if (static_cast<double>(fitting) < fitting_share * static_cast<double>(sample.size()))
      return std::nullopt;
    return found;
  };
  for (const ValueKind& kind : kinds)
    if (const auto found = fit(kind, 1)) return found;
  for (const ValueKind& kind : kinds) {
    const auto factor = kind.value == nullptr ? std::nullopt : common_factor(sample, kind);
    if (!factor) continue;
    if (const auto found = fit(kind, *factor)) return found;
  }
  return std::nullopt;
}

std::optional<RecognizedValues> resemble_distances(std::span<const ComparedNeighbor> sample, Metric metric) {
  if (agreement(sample) < 0.5) return std::nullopt;
  std::optional<RecognizedValues> nearest;
  for (const ValueKind& kind : kinds_of(metric).first(metric == Metric::euclidean ? 2 : 1)) {
    const auto factor = kind.value == nullptr ? std::nullopt : common_factor(sample, kind);
    if (!factor) continue;
    std::vector<double> deviations = quotients(sample, kind);
    for (double& quotient : deviations) quotient = std::abs(quotient / *factor - 1);
    const double deviation = quantile(deviations, 0.9);
    if (deviation > resembling_deviation || (nearest && nearest->deviation <= deviation)) continue;
    nearest = RecognizedValues{.kind = kind,
                               .as_expected = &kind == kinds_of(metric).data(),
                               .rounding = sample.front().rounding,
                               .deviation = std::max(deviation, std::abs(*factor - 1))};
  }
  return nearest;
}

std::string describe_values(std::span<const ComparedNeighbor> sample) {
  const ListedNeighbor& first = sample.front().listed;
  const auto every = [&](auto&& is) {
    return std::ranges::all_of(sample, [&](const ComparedNeighbor& one) { return is(one.listed); });
  };
  if (every([&](const ListedNeighbor& one) { return one.value == first.value; }))
    return fmt::format("all the same, {}", first.value);
  const auto rank = [](const ListedNeighbor& one) { return one.value - static_cast<float>(one.place); };
  if (std::abs(rank(first)) <= 1 &&
      every([&](const ListedNeighbor& one) { return rank(one) == rank(first); }))
    return "ranks, 1 for the nearest neighbor, 2 for the next and so on";
  const double found = agreement(sample);
  if (found < -0.5) return "similarities, larger for nearer rows, as UMAP's connectivities are";
  if (found > 0.5) return "larger for rows that are farther away, but by another measure";
  return "not related to how near the rows are";
}

}  // namespace fleetsne::neighbors
