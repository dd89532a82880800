#include "fleetsne/init/init.hpp"

#include "fleetsne/base/random.hpp"
#include "fleetsne/base/sum.hpp"
#include "fleetsne/reduce/principal_components.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace fleetsne::init {
namespace {

base::Matrix<float> first_columns(base::MatrixView<const float> rows) {
  base::Matrix<float> result(rows.rows(), 2);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    for (std::size_t c = 0; c < std::min<std::size_t>(2, rows.columns()); ++c) result(i, c) = rows(i, c);
  }
  return result;
}

base::Matrix<float> pca_start(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows) {
  const std::size_t count =
      std::min<std::size_t>({2, rows.columns(), static_cast<std::size_t>(rows.rows.total())});
  const auto components = reduce::project(rows, reduce::principal_components(comm, rows, count));
  return first_columns(components.local.view());
}

/// Fills an axis with standard normal values that depend on the input index alone.
/// @param first  input index of the first local row
void fill_at_random(base::Matrix<float>& start, std::size_t axis, base::GlobalIndex first,
                    std::uint64_t seed) {
  const base::Random random(seed, base::Stream::init);
  for (std::size_t i = 0; i < start.rows(); ++i) {
    const auto [x, y] = random.normal_pair(first + static_cast<base::GlobalIndex>(i));
    start(i, axis) = static_cast<float>(axis == 0 ? x : y);
  }
}

/// One axis of the start over all ranks.
struct Axis {
  double mean = 0, deviation = 0;  ///< the deviation is exactly 0 if all values are the same
};

/// Collective.
std::array<Axis, 2> measure(const comm::Communicator& comm, const base::Matrix<float>& start,
                            std::int64_t points) {
  constexpr float lowest = std::numeric_limits<float>::lowest();
  std::array<double, 2> sums{}, squares{};
  std::array<float, 4> bounds{lowest, lowest, lowest, lowest};  // of -x, x, -y and y
  for (std::size_t c = 0; c < 2; ++c) {
    sums[c] = base::ordered_sum(start.rows(), [&](std::size_t i) { return start(i, c); });
    for (std::size_t i = 0; i < start.rows(); ++i) {
      bounds[2 * c] = std::max(bounds[2 * c], -start(i, c));
      bounds[2 * c + 1] = std::max(bounds[2 * c + 1], start(i, c));
    }
  }
  comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  comm.all_reduce(std::span<float>(bounds), comm::Reduction::max);
  const auto n = static_cast<double>(points);
  for (std::size_t c = 0; c < 2; ++c) {
    squares[c] = base::ordered_sum(start.rows(), [&](std::size_t i) {
      const double x = static_cast<double>(start(i, c)) - sums[c] / n;
      return x * x;
    });
  }
  comm.all_reduce(std::span<double>(squares), comm::Reduction::sum);
  std::array<Axis, 2> axes;
  for (std::size_t c = 0; c < 2; ++c) {
    // The mean of equal values is rounded, so the squares alone would not tell that they are equal.
    const bool constant = -bounds[2 * c] >= bounds[2 * c + 1];
    axes[c] = {sums[c] / n, constant ? 0 : std::sqrt(squares[c] / n)};
  }
  return axes;
}

/// Narrower than this share of the other axis is flat: it is the rounding of float32, not a direction.
constexpr double flat_below = 1e-6;

}  // namespace

/// Centres both axes and scales them by one factor, so that the first, or if that is flat the second, has
/// the deviation wanted. A flat axis is filled at random with that deviation: forces act along the line
/// between two points, so points that start on a line would never leave it. Collective.
void standardise(const comm::Communicator& comm, base::Matrix<float>& start,
                 const data::RowDistribution& rows, const InitConfig& config) {
  std::array<Axis, 2> axes = measure(comm, start, rows.total());
  const double widest = std::max(axes[0].deviation, axes[1].deviation);
  std::array<bool, 2> flat{};
  for (std::size_t c = 0; c < 2; ++c) {
    flat[c] = axes[c].deviation <= flat_below * widest;
    if (flat[c]) fill_at_random(start, c, rows.begin(comm.rank()), config.seed);
  }
  if (flat[0] || flat[1]) axes = measure(comm, start, rows.total());
  const double shared = config.standard_deviation / axes[flat[0] ? 1 : 0].deviation;
  for (std::size_t c = 0; c < 2; ++c) {
    const double scale = flat[c] ? config.standard_deviation / axes[c].deviation : shared;
    for (std::size_t i = 0; i < start.rows(); ++i)
      start(i, c) = static_cast<float>(scale * (static_cast<double>(start(i, c)) - axes[c].mean));
  }
}

void stretch(const comm::Communicator& comm, base::Matrix<float>& start, double range) {
  constexpr float lowest = std::numeric_limits<float>::lowest();
  std::array<float, 4> bounds{lowest, lowest, lowest, lowest};  // of -x, x, -y and y
  for (std::size_t i = 0; i < start.rows(); ++i) {
    for (std::size_t c = 0; c < 2; ++c) {
      bounds[2 * c] = std::max(bounds[2 * c], -start(i, c));
      bounds[2 * c + 1] = std::max(bounds[2 * c + 1], start(i, c));
    }
  }
  comm.all_reduce(std::span<float>(bounds), comm::Reduction::max);
  for (std::size_t c = 0; c < 2; ++c) {
    const double low = -static_cast<double>(bounds[2 * c]), high = static_cast<double>(bounds[2 * c + 1]);
    const double scale = high > low ? range / (high - low) : 0;
    for (std::size_t i = 0; i < start.rows(); ++i)
      start(i, c) = static_cast<float>(scale * (static_cast<double>(start(i, c)) - (low + high) / 2));
  }
}

base::Matrix<float> initial_embedding(const comm::Communicator& comm,
                                      const data::DistributedMatrix<float>& rows,
                                      const std::optional<base::Matrix<float>>& given,
                                      const InitConfig& config) {
  base::Matrix<float> start;
  switch (config.start) {
    case Start::pca:
    case Start::spectral:
      start = pca_start(comm, rows);
      break;
    case Start::columns:
      start = first_columns(rows.local.view());
      break;
    case Start::random:
      start = base::Matrix<float>(rows.local.rows(), 2);
      for (std::size_t c = 0; c < 2; ++c) fill_at_random(start, c, rows.rows.begin(comm.rank()), config.seed);
      break;
    case Start::file:
    case Start::sample:
      FLEETSNE_EXPECT(given.has_value());
      start = first_columns(given->view());
      break;
  }
  standardise(comm, start, rows.rows, config);
  return start;
}

}  // namespace fleetsne::init
