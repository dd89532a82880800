#include "cutting_direction.hpp"

#include "fleetsne/search/distance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fleetsne::partition {
namespace {

constexpr int power_iterations = 12;
constexpr std::size_t principal_lines = 4;
constexpr std::size_t judged = 2048;   // rows that lines are judged by, at most
constexpr std::size_t near_rows = 10;  // of each of them
constexpr int pairs_of_means = 64, lloyd_steps = 2;
constexpr int changes = 128;
constexpr double largest_change = 0.3;
// Two for each pair of means, two for each change.
constexpr base::GlobalIndex draws_of_block = 1024;
static_assert(2 * (pairs_of_means + changes) <= draws_of_block);

/// Rows with their nearest ones, to count how many of those a cut parts.
class Judge {
 public:
  Judge(base::MatrixView<const float> rows, std::vector<std::int64_t> chosen)
      : rows_(rows), chosen_(std::move(chosen)), near_(std::min(near_rows, chosen_.size() - 1)) {
    std::vector<std::pair<float, std::uint32_t>> all(chosen_.size());
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      for (std::size_t j = 0; j < chosen_.size(); ++j) {
        const float squared = j == i ? std::numeric_limits<float>::infinity()
                                     : search::squared_distance(row(i), row(j), rows.stride());
        all[j] = {squared, static_cast<std::uint32_t>(j)};
      }
      std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(near_), all.end());
      for (std::size_t j = 0; j < near_; ++j) nearest_.push_back(all[j].second);
    }
  }

  std::size_t count() const { return chosen_.size(); }
  const float* row(std::size_t i) const {
    return rows_.data() + static_cast<std::size_t>(chosen_[i]) * rows_.stride();
  }

  /// Pairs that are parted if the `share` of the rows with the smallest projections go left.
  std::int64_t parted(const Direction& direction, double share) {
    const std::size_t n = chosen_.size();
    const auto left = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::lround(share * static_cast<double>(n))), 1, n - 1);
    keys_.resize(n);
    for (std::size_t i = 0; i < n; ++i) keys_[i] = {project(direction, row(i)), i};
    std::nth_element(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(left), keys_.end());
    goes_left_.assign(n, 0);
    for (std::size_t i = 0; i < left; ++i) goes_left_[keys_[i].second] = 1;
    std::int64_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < near_; ++j) count += goes_left_[i] != goes_left_[nearest_[i * near_ + j]];
    }
    return count;
  }

 private:
  base::MatrixView<const float> rows_;
  std::vector<std::int64_t> chosen_;
  std::size_t near_;
  std::vector<std::uint32_t> nearest_;  // rows x near_
  std::vector<std::pair<float, std::size_t>> keys_;
  std::vector<char> goes_left_;
};

/// The line from one mean to the other of two clusters of the rows, begun from two of them; none, of no
/// length, where those are equal.
Direction line_of_means(const Judge& judge, std::size_t first, std::size_t second, std::size_t columns) {
  std::vector<double> means[2];
  const std::size_t starts[2] = {first, second};
  for (std::size_t side = 0; side < 2; ++side)
    means[side].assign(judge.row(starts[side]), judge.row(starts[side]) + columns);
  Direction line;
  const auto draw = [&] {
    line = {std::vector<double>(columns), 0.0};
    for (std::size_t j = 0; j < columns; ++j) {
      line.along[j] = means[1][j] - means[0][j];
      line.offset += line.along[j] * (means[0][j] + means[1][j]) / 2;
    }
  };
  draw();
  for (int step = 0; step < lloyd_steps; ++step) {
    std::vector<double> sums[2] = {std::vector<double>(columns, 0.0), std::vector<double>(columns, 0.0)};
    double counts[2] = {0, 0};
    for (std::size_t i = 0; i < judge.count(); ++i) {
      const float* row = judge.row(i);
      const std::size_t side = project(line, row) > 0 ? 1 : 0;
      for (std::size_t j = 0; j < columns; ++j) sums[side][j] += static_cast<double>(row[j]);
      ++counts[side];
    }
    if (counts[0] == 0 || counts[1] == 0) break;
    for (std::size_t side = 0; side < 2; ++side) {
      for (std::size_t j = 0; j < columns; ++j) means[side][j] = sums[side][j] / counts[side];
    }
    draw();
  }
  return line;
}

}  // namespace

Direction cutting_direction(base::MatrixView<const float> rows, std::span<const std::int64_t> chosen,
                            double share, const base::Random& random, std::int64_t block) {
  Direction best = principal_direction(rows, chosen, power_iterations);
  if (chosen.size() <= 2 * near_rows || !normalize(best)) return best;
  std::vector<std::int64_t> some;
  const std::size_t step = (chosen.size() + judged - 1) / judged;
  for (std::size_t i = 0; i < chosen.size(); i += step) some.push_back(chosen[i]);
  Judge judge(rows, std::move(some));

  base::GlobalIndex draw = -1 - block * draws_of_block;
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random.bits(draw--) % n); };
  std::vector<Direction> lines{best};
  std::int64_t fewest = judge.parted(best, share);
  const auto offer = [&](const Direction& line) {
    const std::int64_t parted = judge.parted(line, share);
    if (parted >= fewest) return;
    fewest = parted;
    best = line;
  };
  while (lines.size() < principal_lines) {
    Direction line = principal_direction(rows, chosen, power_iterations, lines);
    if (!normalize(line)) break;
    offer(line);
    lines.push_back(std::move(line));
  }
  for (int pair = 0; pair < pairs_of_means; ++pair) {
    const std::size_t first = pick(judge.count()), second = pick(judge.count());
    Direction line = line_of_means(judge, first, second, rows.columns());
    if (!normalize(line)) continue;
    offer(line);
    lines.push_back(std::move(line));
  }
  for (int change = 0; change < changes; ++change) {
    const Direction& towards = lines[pick(lines.size())];
    const double amount = largest_change * (2 * random.uniform(draw--) - 1);
    Direction line = best;
    for (std::size_t j = 0; j < line.along.size(); ++j) line.along[j] += amount * towards.along[j];
    line.offset += amount * towards.offset;
    if (normalize(line)) offer(line);
  }
  return best;
}

}  // namespace fleetsne::partition
