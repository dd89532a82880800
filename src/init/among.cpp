#include "fleetsne/init/among.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne::init {
namespace {

constexpr double random_deviation = 1e-4;

/// Of an even number of values the mean of the middle two.
float median(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

void place_at_median(std::span<const float> places, std::span<float> at) {
  std::vector<float> values(places.size() / 2);
  for (std::size_t d = 0; d < 2; ++d) {
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = places[2 * j + d];
    at[d] = median(values);
  }
}

void place_at_weighted_mean(std::span<const float> places, std::span<const float> squared,
                            std::span<float> at) {
  const bool on_one = squared.front() <= 0;  // they ascend
  double sums[2] = {0, 0}, weights = 0;
  for (std::size_t j = 0; j < squared.size(); ++j) {
    const auto d = static_cast<double>(squared[j]);
    const double weight = on_one ? (d <= 0 ? 1.0 : 0.0) : 1 / std::sqrt(d);
    weights += weight;
    for (std::size_t c = 0; c < 2; ++c) sums[c] += weight * static_cast<double>(places[2 * j + c]);
  }
  for (std::size_t c = 0; c < 2; ++c) at[c] = static_cast<float>(sums[c] / weights);
}

}  // namespace

base::Matrix<float> place_among(Among how, base::MatrixView<const float> places,
                                base::MatrixView<const float> distances,
                                std::span<const base::GlobalIndex> ids, std::uint64_t seed) {
  FLEETSNE_EXPECT(places.rows() == ids.size() && distances.rows() == ids.size());
  FLEETSNE_EXPECT(distances.columns() >= 1 && places.columns() == 2 * distances.columns());
  base::Matrix<float> result(ids.size(), 2);
  const base::Random random(seed, base::Stream::init);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    switch (how) {
      case Among::median:
        place_at_median(places.row(i), result.row(i));
        break;
      case Among::weighted_mean:
        place_at_weighted_mean(places.row(i), distances.row(i), result.row(i));
        break;
      case Among::random: {
        const auto [x, y] = random.normal_pair(ids[i]);
        result(i, 0) = static_cast<float>(random_deviation * x);
        result(i, 1) = static_cast<float>(random_deviation * y);
        break;
      }
    }
  }
  return result;
}

}  // namespace fleetsne::init
