#include "bisection.hpp"

#include "fleetsne/base/parallel.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/agreement.hpp"

#include "cutting_direction.hpp"
#include "select.hpp"

#include <algorithm>
#include <bit>

namespace fleetsne::partition {
namespace {

using base::GlobalIndex;

constexpr std::int64_t sample_rows = 32768;        // and at least
constexpr std::int64_t sample_rows_per_leaf = 64;  // for each leaf, but never more than
constexpr std::int64_t sample_bytes = 64LL << 20;  // fits every rank

/// A block of rows that is still to be cut into leaves [first, last).
struct Group {
  std::int32_t first, last;
  std::int64_t node = 1;  // of the tree of cuts: the root is 1, the parts of i are 2 i and 2 i + 1
  std::int32_t middle() const { return first + (last - first) / 2; }
};

/// Rows chosen by a hash of their input index, on every rank, in input order.
struct Sample {
  base::Matrix<float> rows;
  std::vector<GlobalIndex> origins;
};

Sample gather_sample(const comm::Communicator& comm, const data::DistributedMatrix<float>& input,
                     std::int32_t leaves, const base::Random& random) {
  const std::size_t stride = input.local.stride();
  const GlobalIndex begin = input.rows.begin(comm.rank());
  const auto row_bytes = static_cast<std::int64_t>(std::max<std::size_t>(stride, 1) * sizeof(float));
  const std::int64_t wanted = std::min(std::max(sample_rows, sample_rows_per_leaf * leaves),
                                       std::max<std::int64_t>(sample_bytes / row_bytes, 64));
  // No rank holds all of even the smallest data set.
  const double share = std::min(0.5, static_cast<double>(wanted) / static_cast<double>(input.rows.total()));
  std::vector<float> values;
  std::vector<GlobalIndex> origins;
  comm::agree(comm, [&] {
    for (std::size_t i = 0; i < input.local.rows(); ++i) {
      const GlobalIndex origin = begin + static_cast<GlobalIndex>(i);
      if (random.uniform(origin) >= share) continue;
      const float* row = input.local.data() + i * stride;
      values.insert(values.end(), row, row + stride);
      origins.push_back(origin);
    }
  });
  const auto all_values = comm.all_gather(std::span<const float>(values));
  Sample sample;
  sample.origins = comm.all_gather(std::span<const GlobalIndex>(origins)).values;
  sample.rows = base::Matrix<float>(sample.origins.size(), input.columns(), stride);
  std::ranges::copy(all_values.values, sample.rows.elements().begin());
  return sample;
}

/// For every group of the level the line it is cut across, from its members of the sample. Each rank finds
/// the lines of its share of the groups. Collective.
std::vector<Direction> directions_of(const comm::Communicator& comm, const Sample& sample,
                                     const std::vector<std::int32_t>& group_of,
                                     const std::vector<Group>& groups, const base::Random& random) {
  const auto mine = data::RowDistribution::balanced(static_cast<GlobalIndex>(groups.size()), comm.size());
  const GlobalIndex first = mine.begin(comm.rank()), count = mine.count(comm.rank());
  const std::size_t columns = sample.rows.columns(), width = columns + 1;
  std::vector<double> packed(static_cast<std::size_t>(count) * width);  // direction and offset
  comm::agree(comm, [&] {
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < group_of.size(); ++i) {
      const GlobalIndex g = group_of[i] - first;
      if (g >= 0 && g < count) members[static_cast<std::size_t>(g)].push_back(static_cast<std::int64_t>(i));
    }
    base::parallel_for(count, [&](std::int64_t g) {
      const auto at = static_cast<std::size_t>(g);
      const Group& group = groups[static_cast<std::size_t>(first + g)];
      const double share = static_cast<double>(group.middle() - group.first) / (group.last - group.first);
      const Direction line = cutting_direction(sample.rows.view(), members[at], share, random, group.node);
      std::ranges::copy(line.along, packed.begin() + static_cast<std::ptrdiff_t>(at * width));
      packed[at * width + columns] = line.offset;
    });
  });
  const std::vector<double> all = comm.all_gather(std::span<const double>(packed)).values;
  std::vector<Direction> result(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto values = std::span(all).subspan(g * width, width);
    result[g] = {std::vector<double>(values.begin(), values.end() - 1), values.back()};
  }
  return result;
}

/// Projections of rows on their groups' lines, as keys.
void project_rows(base::MatrixView<const float> rows, const std::vector<std::int32_t>& group_of,
                  const std::vector<Direction>& directions, std::vector<std::uint64_t>& keys) {
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(rows.rows()); ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (group_of[at] < 0) continue;
    keys[at] = ordered_bits(
        project(directions[static_cast<std::size_t>(group_of[at])], rows.data() + at * rows.stride()));
  }
}

}  // namespace

std::vector<std::int32_t> bisect(const comm::Communicator& comm, const data::DistributedMatrix<float>& input,
                                 std::int32_t leaves, std::uint64_t seed) {
  const std::size_t n = input.local.rows();
  std::vector<std::int32_t> leaf_of(n, 0);
  if (leaves == 1) return leaf_of;
  const auto sizes = data::RowDistribution::balanced(input.rows.total(), leaves);
  const auto index_bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(input.rows.total())));
  const GlobalIndex begin = input.rows.begin(comm.rank());
  const base::Random random(seed, base::Stream::partition);
  const Sample sample = gather_sample(comm, input, leaves, random);

  // A row's group in `groups`, and -1 once it has arrived at its leaf.
  std::vector<Group> groups{{0, leaves}};
  std::vector<std::int32_t> group_of(n, 0), sample_group_of(sample.origins.size(), 0);
  std::vector<std::uint64_t> keys(n), ids(n), sample_keys(sample.origins.size());
  while (!groups.empty()) {
    std::vector<std::int64_t> wanted;  // rows that go to the left
    for (const Group& g : groups) wanted.push_back(sizes.begin(g.middle()) - sizes.begin(g.first));
    const auto directions = directions_of(comm, sample, sample_group_of, groups, random);
    project_rows(input.local.view(), group_of, directions, keys);
    project_rows(sample.rows.view(), sample_group_of, directions, sample_keys);

    // The key at the cut, and among the rows that share it how far by input index the left side reaches.
    const Cuts cut = select(comm, keys, group_of, wanted, 32);
    std::vector<std::int32_t> tied(n);
    for (std::size_t i = 0; i < n; ++i) {
      tied[i] =
          group_of[i] >= 0 && keys[i] == cut.key[static_cast<std::size_t>(group_of[i])] ? group_of[i] : -1;
      ids[i] = static_cast<std::uint64_t>(begin + static_cast<GlobalIndex>(i));
    }
    const Cuts id_cut = select(comm, ids, tied, cut.remaining, index_bits);

    std::vector<Group> next;
    std::vector<std::int32_t> left(groups.size()), right(groups.size());  // next group, or ~leaf
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto enter = [&](Group part) {
        if (part.last - part.first == 1) return ~part.first;
        next.push_back(part);
        return static_cast<std::int32_t>(next.size()) - 1;
      };
      left[g] = enter({groups[g].first, groups[g].middle(), 2 * groups[g].node});
      right[g] = enter({groups[g].middle(), groups[g].last, 2 * groups[g].node + 1});
    }
    const auto step = [&](std::int32_t group, std::uint64_t key, std::uint64_t id) {
      const auto g = static_cast<std::size_t>(group);
      const bool goes_left = key < cut.key[g] || (key == cut.key[g] && id < id_cut.key[g]);
      return goes_left ? left[g] : right[g];
    };
    for (std::size_t i = 0; i < n; ++i) {
      if (group_of[i] < 0) continue;
      group_of[i] = step(group_of[i], keys[i], ids[i]);
      if (group_of[i] < 0) leaf_of[i] = ~group_of[i];
    }
    for (std::size_t i = 0; i < sample_group_of.size(); ++i) {
      if (sample_group_of[i] < 0) continue;
      sample_group_of[i] =
          step(sample_group_of[i], sample_keys[i], static_cast<std::uint64_t>(sample.origins[i]));
    }
    groups = std::move(next);
  }
  return leaf_of;
}

}  // namespace fleetsne::partition
