#include "locality.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/partition/partition.hpp"

#include "direction.hpp"

#include <algorithm>
#include <vector>

namespace fleetsne::partition {
namespace {

constexpr std::size_t sampled = 128;  // rows that the direction of a block is taken from
constexpr int power_iterations = 4;   // a rough direction will do
constexpr std::size_t serial_rows = 4096;
// Of which leaves are cut: these are put in order along the line, larger blocks only parted.
constexpr std::size_t sorted_rows = 4 * leaf_rows;

struct Keyed {
  float key;
  base::GlobalIndex origin;
  std::int64_t row;
  friend bool operator<(const Keyed& a, const Keyed& b) {
    return a.key < b.key || (a.key == b.key && a.origin < b.origin);
  }
};

class Bisector {
 public:
  Bisector(base::MatrixView<const float> rows, std::span<const base::GlobalIndex> origins)
      : rows_(rows), origins_(origins) {}

  /// Halves the block, at a whole number of leaves; both halves' order of rows is left open.
  std::size_t halve(std::span<std::int64_t> order) const {
    const std::size_t n = order.size(), step = std::max<std::size_t>(n / sampled, 1);
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < n; i += step) chosen.push_back(order[i]);
    const Direction direction = principal_direction(rows_, chosen, power_iterations);
    std::vector<Keyed> keyed(n);
    const auto key = [&](std::size_t i) {
      const auto row = static_cast<std::size_t>(order[i]);
      keyed[i] = {project(direction, rows_.data() + row * rows_.stride()), origins_[row], order[i]};
    };
    if (n > serial_rows) {
#pragma omp parallel for schedule(static)
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(n); ++i) key(static_cast<std::size_t>(i));
    } else {
      for (std::size_t i = 0; i < n; ++i) key(i);
    }
    const std::size_t middle = (n + leaf_rows - 1) / leaf_rows / 2 * leaf_rows;
    if (n > sorted_rows) {
      std::nth_element(keyed.begin(), keyed.begin() + static_cast<std::ptrdiff_t>(middle), keyed.end());
    } else {
      std::sort(keyed.begin(), keyed.end());
    }
    for (std::size_t i = 0; i < n; ++i) order[i] = keyed[i].row;
    return middle;
  }

  void bisect(std::span<std::int64_t> order) const {
    if (order.size() <= leaf_rows) return;
    const std::size_t middle = halve(order);
    bisect(order.first(middle));
    bisect(order.subspan(middle));
  }

 private:
  base::MatrixView<const float> rows_;
  std::span<const base::GlobalIndex> origins_;
};

}  // namespace

void order_by_nearness(base::MatrixView<const float> rows, std::span<const base::GlobalIndex> origins,
                       std::span<std::int64_t> order) {
  const Bisector bisector(rows, origins);
  // Whatever order the rows came in, it does not show: the first sample is drawn from input order.
  std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return origins[static_cast<std::size_t>(a)] < origins[static_cast<std::size_t>(b)];
  });
  std::vector<std::span<std::int64_t>> blocks{order};
  // Large blocks one after the other with all threads, then one thread for each of the many small ones.
  for (std::size_t at = 0; at < blocks.size(); ++at) {
    const auto block = blocks[at];
    if (block.size() <= serial_rows) continue;
    const std::size_t middle = bisector.halve(block);
    blocks.push_back(block.first(middle));
    blocks.push_back(block.subspan(middle));
  }
  std::erase_if(blocks, [](auto block) { return block.size() > serial_rows; });
  base::parallel_for(static_cast<std::int64_t>(blocks.size()),
                     [&](std::int64_t b) { bisector.bisect(blocks[static_cast<std::size_t>(b)]); });
}

}  // namespace fleetsne::partition
